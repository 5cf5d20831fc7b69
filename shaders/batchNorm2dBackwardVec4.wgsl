// The gradient of a batch norm in its input x f32 [rows, channels]; formula and shapes in
// lib/batchNormGradient.wgsl. Channels are a multiple of 4.

// #include "lib/index.wgsl"
// #include "lib/lane4.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormGradient.wgsl"
