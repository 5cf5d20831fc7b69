// invStd = 1 / sqrt(runningVar + eps); affine[0] = inputScale * invStd, affine[1] = (runningMean - inputShift) * invStd: what
// lib/batchNormApply.wgsl normalizes with. All f32 [channels], one thread a channel.

// #include "lib/index.wgsl"

struct Params {
  channels: u32,
  eps: f32,
  hasScale: u32,
  hasShift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> runningMean: array<f32>;
@group(0) @binding(2) var<storage, read> runningVar: array<f32>;
@group(0) @binding(3) var<storage, read> inputScale: array<f32>;
@group(0) @binding(4) var<storage, read> inputShift: array<f32>;
@group(0) @binding(5) var<storage, read_write> invStd: array<f32>;
@group(0) @binding(6) var<storage, read_write> affine: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let c = linearIndex(gid, workgroups, 64u);
  if (c >= params.channels) {
    return;
  }
  let inverse = 1.0 / sqrt(runningVar[c] + params.eps);
  invStd[c] = inverse;
  affine[c] = inverse * select(1.0, inputScale[c], params.hasScale != 0u);
  affine[params.channels + c] = inverse * (runningMean[c] - select(0.0, inputShift[c], params.hasShift != 0u));
}
