// qmaxPool2d of small windows, any number of words.

// #include "lib/poolScalars.wgsl"
// #include "lib/qwindowMax.wgsl"
