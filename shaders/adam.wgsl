// g = gradient + decay * p; m = beta1 * m + gain1 * g; v = beta2 * v + gain2 * g * g; gain = 1 - beta;
// p = p * (1 - lr * decoupledDecay) - lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps); with AMSGRAD the
// largest v so far in the place of v. p = parameterOut, m = expAvgOut, v = expAvgSqOut, maxExpAvgSqOut in place, f32, one thread an element; lnBeta = ln beta.
// Source: PyTorch's Adam and AdamW.

// #include "lib/index.wgsl"

struct Params {
  elements: u32,
  beta1: f32,
  beta2: f32,
  gain1: f32,
  gain2: f32,
  lnBeta1: f32,
  lnBeta2: f32,
  eps: f32,
  decay: f32,
  decoupledDecay: f32,
}

override AMSGRAD: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> lr: f32;
@group(0) @binding(2) var<uniform> step: i32;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameterOut: array<f32>;
@group(0) @binding(5) var<storage, read_write> expAvgOut: array<f32>;
@group(0) @binding(6) var<storage, read_write> expAvgSqOut: array<f32>;
@group(0) @binding(7) var<storage, read_write> maxExpAvgSqOut: array<u32>;

// 1 - exp(z) for z <= 0 without cancellation: the Taylor series below 1/2, where its 9 terms leave 2^-30 of the value.
fn oneMinusExp(z: f32) -> f32 {
  if (z < -0.5) {
    return 1.0 - exp(z);
  }
  let tail = z * (1.0 / 120.0 + z * (1.0 / 720.0 + z * (1.0 / 5040.0 + z * (1.0 / 40320.0 + z / 362880.0))));
  return -z * (1.0 + z * (0.5 + z * (1.0 / 6.0 + z * (1.0 / 24.0 + tail))));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = linearIndex(gid, workgroups, 64u);
  if (i >= params.elements) {
    return;
  }
  let rate = lr / oneMinusExp(f32(step) * params.lnBeta1);
  let root = sqrt(oneMinusExp(f32(step) * params.lnBeta2));
  let p = parameterOut[i];
  let g = gradient[i] + params.decay * p;
  let m = params.beta1 * expAvgOut[i] + params.gain1 * g;
  var v = params.beta2 * expAvgSqOut[i] + params.gain2 * g * g;
  expAvgOut[i] = m;
  expAvgSqOut[i] = v;
  if (AMSGRAD) {
    // As bits: neither is negative, and NaN is above all.
    let largest = max(maxExpAvgSqOut[i], bitcast<u32>(v));
    maxExpAvgSqOut[i] = largest;
    v = bitcast<f32>(largest);
  }
  parameterOut[i] = p * (1.0 - lr * params.decoupledDecay) - rate * m / (sqrt(v) / root + params.eps);
}
