// The gradient of adaptiveAvgPool2d, whole vec4s of channels: see lib/avgPoolAdaptive.wgsl.

// #include "lib/poolVectors.wgsl"
// #include "lib/avgPoolAdaptive.wgsl"
