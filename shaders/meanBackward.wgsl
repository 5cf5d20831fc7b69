// The gradient of a mean: see lib/meanBackward.wgsl. Element by element.

// #include "lib/meanBackward.wgsl"

@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
