// qavgPool2d of small windows, any number of words.

// #include "lib/poolScalars.wgsl"
// #include "lib/qwindowAverage.wgsl"
