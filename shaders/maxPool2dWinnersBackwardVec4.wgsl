// The gradient of maxPool2dWinners, whole vec4s of channels.

// #include "lib/poolVectors.wgsl"
// #include "lib/maxPoolReturn.wgsl"
