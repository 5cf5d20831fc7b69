// Smallest and largest finite value of each thread's elements, in registers: the first pass of minMax and
// movingAverageMinMax. x as bits of f32; lows and highs [lanes, channels] in the order of lib/order.wgsl. A thread without
// finite elements writes what stands for nothing observed. For rows of any length; observerExtentsVec4.wgsl is for
// multiples of 4.

// #include "lib/index.wgsl"
// #include "lib/words.wgsl"
// #include "lib/extentOfWords.wgsl"

struct Params {
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  rowLength: u32,
  rowWords: u32,
  laneStep: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> lows: array<i32>;
@group(0) @binding(3) var<storage, read_write> highs: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u));
  if (lane.outer >= params.outerLanes) {
    return;
  }
  var e = emptyExtent();
  for (var o = lane.outer; o < slicesEnd(lane); o += params.outerLanes) {
    let run = runOf(lane, o);
    for (var i = run.first; i < run.end; i += run.step) {
      // An element twice does no harm.
      let at = indicesOf(spanOf(i));
      e = widened(e, vec4<u32>(x[at.x], x[at.y], x[at.z], x[at.w]));
    }
  }
  writeExtent(lane, e);
}
