// The gradient of a mean: see lib/meanBackward.wgsl. As vec4s.

// #include "lib/meanBackward.wgsl"

@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;
