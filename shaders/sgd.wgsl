// parameterOut -= lr * (gradient + weightDecay * parameterOut), in place. f32, one thread an element.
// Source: PyTorch's SGD.

// #include "lib/index.wgsl"

struct Params {
  elements: u32,
  weightDecay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> lr: f32;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameterOut: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = linearIndex(gid, workgroups, 64u);
  if (i >= params.elements) {
    return;
  }
  let p = parameterOut[i];
  parameterOut[i] = p - lr * (gradient[i] + params.weightDecay * p);
}
