// The gradient of an average pool of small windows: see lib/avgPoolSpread.wgsl. Whole vec4s of channels.

// #include "lib/poolVectors.wgsl"
// #include "lib/avgPoolSpread.wgsl"
