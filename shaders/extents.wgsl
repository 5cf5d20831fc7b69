// Smallest and largest finite value of each thread's elements, in registers: the first pass of minMax and
// movingAverageMinMax. x as bits of f32, [outer, channels, inner]; lows and highs [lanes, channels] in the order of
// lib/order.wgsl. A thread without finite elements writes what stands for nothing observed.

// #include "lib/index.wgsl"
// #include "lib/channels.wgsl"
// #include "lib/classify.wgsl"
// #include "lib/order.wgsl"
// #include "lib/extent.wgsl"

struct Params {
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> lows: array<i32>;
@group(0) @binding(3) var<storage, read_write> highs: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u), params.channels, params.innerLanes);
  if (lane.outer >= params.outerLanes) {
    return;
  }
  var low = EMPTY_LOW;
  var high = EMPTY_HIGH;
  for (var o = lane.outer; o < params.outer; o += params.outerLanes) {
    let end = (o * params.channels + lane.channel + 1u) * params.inner;
    for (var i = end - params.inner + lane.inner; i < end; i += params.innerLanes) {
      let bits = x[i];
      let order = orderOf(bits);
      let finite = isFinite(bits);
      low = min(low, select(EMPTY_LOW, order, finite));
      high = max(high, select(EMPTY_HIGH, order, finite));
    }
  }
  let at = (lane.outer * params.innerLanes + lane.inner) * params.channels + lane.channel;
  lows[at] = low;
  highs[at] = high;
}
