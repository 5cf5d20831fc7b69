// The gradient of a batch norm in its input x f32 [rows, channels]; formula and shapes in
// lib/batchNormGradient.wgsl. Any number of channels.

// #include "lib/index.wgsl"
// #include "lib/lane1.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormGradient.wgsl"
