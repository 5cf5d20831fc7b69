// y[i] = act(bias[i mod channels] + sum over p of x[p, i], in order). x f32 [parts, elements], y f32 [elements], channels
// innermost. One thread an element.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  elements: u32,
  parts: u32,
  channels: u32,
  hasBias: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= params.elements + min(arrayLength(&x), 0)) {
    return;
  }
  var sum = 0.0;
  for (var p = 0u; p < params.parts; p++) {
    sum += x[p * params.elements + index];
  }
  if (params.hasBias != 0u) {
    sum += bias[index % params.channels];
  }
  y[index] = activate(sum, params.activation);
}
