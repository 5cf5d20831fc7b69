// qavgPool2d and qadaptiveAvgPool2d of any windows, word by word.

// #include "lib/poolScalars.wgsl"
// #include "lib/qavgPool.wgsl"
