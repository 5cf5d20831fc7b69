// qmaxPool2d of whole vec4s of words.

// #include "lib/poolVectors.wgsl"
// #include "lib/qmaxPool.wgsl"
