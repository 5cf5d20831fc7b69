// dx = dy where qmin <= rhe(f32(x * f32(1 / s))) + z <= qmax, else a zero of dy's sign. Straight-through: both ends pass.
// dy, x and dx as bits of f32, [outer, channels, inner]; only whole words are moved.
// Source: PyTorch, fake_quantize_core's mask.

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
@group(0) @binding(1) var<storage, read> dy: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> zeroPoint: array<i32>;
@group(0) @binding(5) var<storage, read_write> dx: array<u32>;

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
      let bits = x[i];
      let steps = round(bitcast<f32>(bits) * q.inverse);
      let inside = steps >= q.low && steps <= q.high && !isNan(bits);
      dx[i] = dy[i] & select(0x80000000u, 0xffffffffu, inside);
    }
  }
}
