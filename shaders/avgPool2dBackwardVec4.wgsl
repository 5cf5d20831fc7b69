// The gradient of avgPool2d and adaptiveAvgPool2d, whole vec4s of channels.

// #include "lib/poolVectors.wgsl"
// #include "lib/avgPoolBackward.wgsl"
