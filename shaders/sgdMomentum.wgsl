// g = gradient + weightDecay * p; buf = step == 1 ? g : momentum * buf + gain * g, gain = 1 - dampening;
// p -= lr * (nesterov ? g + momentum * buf : buf). p = parameterOut and buf = momentumBufferOut in place, f32, one thread an
// element. Source: PyTorch's SGD.

// #include "lib/index.wgsl"

struct Params {
  elements: u32,
  weightDecay: f32,
  momentum: f32,
  gain: f32,
  nesterov: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> lr: f32;
@group(0) @binding(2) var<uniform> step: i32;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameterOut: array<f32>;
@group(0) @binding(5) var<storage, read_write> momentumBufferOut: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = linearIndex(gid, workgroups, 64u);
  if (i >= params.elements) {
    return;
  }
  let p = parameterOut[i];
  let g = gradient[i] + params.weightDecay * p;
  // A branch, not a select of products: what the buffer holds before the first step must not matter, NaN included.
  var next = g;
  if (step != 1) {
    next = params.momentum * momentumBufferOut[i] + params.gain * g;
  }
  momentumBufferOut[i] = next;
  parameterOut[i] = p - lr * select(next, g + params.momentum * next, params.nesterov != 0u);
}
