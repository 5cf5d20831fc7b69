// factor = weight / sqrt(runningVar + eps), inverse = 1 / factor; both 1 where |factor| < 2^-20. f32 [channels], one thread a
// channel.

// #include "lib/index.wgsl"

struct Params {
  channels: u32,
  eps: f32,
  hasWeight: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> runningVar: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> factor: array<f32>;
@group(0) @binding(4) var<storage, read_write> inverse: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let c = linearIndex(gid, workgroups, 64u);
  if (c >= params.channels) {
    return;
  }
  let quotient = select(1.0, weight[c], params.hasWeight != 0u) / sqrt(runningVar[c] + params.eps);
  let f = select(quotient, 1.0, abs(quotient) < 0x1p-20);
  factor[c] = f;
  inverse[c] = 1.0 / f;
}
