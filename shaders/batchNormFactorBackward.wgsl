// dweight = (dfactor - dinverse / factor^2) * s with s = 1 / sqrt(runningVar + eps) and factor = weight * s; 0 where
// |factor| < 2^-20. f32 [channels], one thread a channel.

// #include "lib/index.wgsl"

struct Params {
  channels: u32,
  eps: f32,
  hasFactor: u32,
  hasInverse: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> runningVar: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> dfactor: array<f32>;
@group(0) @binding(4) var<storage, read> dinverse: array<f32>;
@group(0) @binding(5) var<storage, read_write> dweight: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let c = linearIndex(gid, workgroups, 64u);
  if (c >= params.channels) {
    return;
  }
  let s = 1.0 / sqrt(runningVar[c] + params.eps);
  let factor = weight[c] * s;
  let small = abs(factor) < 0x1p-20;
  var d = 0.0;
  if (params.hasFactor != 0u) {
    d = dfactor[c];
  }
  if (params.hasInverse != 0u) {
    let inverse = 1.0 / select(factor, 1.0, small);
    d -= dinverse[c] * inverse * inverse;
  }
  dweight[c] = select(d * s, 0.0, small);
}
