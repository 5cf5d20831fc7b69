// y = f32((clamp(rhe(f32(x * f32(1 / s))) + z, qmin, qmax) - z) * s), per tensor or per channel. f32 in and out, the same
// bits as the reference. x as bits, [outer, channels, inner]; a thread takes one reciprocal for all its elements.
// Source: PyTorch, fake_quantize_core.

// #include "lib/index.wgsl"
// #include "lib/channels.wgsl"
// #include "lib/quantizer.wgsl"

struct Params {
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> zeroPoint: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u), params.channels, params.innerLanes);
  if (lane.outer >= params.outerLanes) {
    return;
  }
  let q = quantizer(scale[lane.channel], zeroPoint[lane.channel], params.quantMin, params.quantMax);
  for (var o = lane.outer; o < params.outer; o += params.outerLanes) {
    let end = (o * params.channels + lane.channel + 1u) * params.inner;
    for (var i = end - params.inner + lane.inner; i < end; i += params.innerLanes) {
      // Through i32: no -0.
      y[i] = f32(stepsOf(q, x[i])) * q.scale;
    }
  }
}
