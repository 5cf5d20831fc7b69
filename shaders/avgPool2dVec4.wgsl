// avgPool2d and adaptiveAvgPool2d of whole vec4s of channels.

// #include "lib/poolVectors.wgsl"
// #include "lib/avgPool.wgsl"
