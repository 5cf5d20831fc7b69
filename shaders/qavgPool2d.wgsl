// qavgPool2d and qadaptiveAvgPool2d of any number of words.

// #include "lib/poolScalars.wgsl"
// #include "lib/qavgPool.wgsl"
