// qavgPool2d and qadaptiveAvgPool2d of whole vec4s of words.

// #include "lib/poolVectors.wgsl"
// #include "lib/qavgPool.wgsl"
