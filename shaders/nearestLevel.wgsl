// y = s * v, v the level nearest to x / s: as many thresholds as are below f32(|x| * f32(1 / s)) give its index. x as bits
// of f32; NaN gives 0, and no -0 is written.

// #include "lib/index.wgsl"
// #include "lib/words.wgsl"
// #include "lib/divide.wgsl"
// #include "lib/classify.wgsl"

struct Params {
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  rowLength: u32,
  rowWords: u32,
  laneStep: u32,
  // Thresholds.
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> levels: array<f32>;
@group(0) @binding(4) var<storage, read> thresholds: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u));
  // Lengths asked for here are not found out again in every round.
  if (lane.outer >= params.outerLanes + min(arrayLength(&x) + arrayLength(&y) + arrayLength(&thresholds) + arrayLength(&levels), 0)) {
    return;
  }
  let c = wordChannel(lane);
  let s = vec4<f32>(scale[c.index.x], scale[c.index.y], scale[c.index.z], scale[c.index.w]);
  let inverse = vec4<f32>(reciprocal(s.x), reciprocal(s.y), reciprocal(s.z), reciprocal(s.w));
  for (var o = lane.outer; o < slicesEnd(lane); o += params.outerLanes) {
    let run = runOf(lane, o);
    for (var i = run.first; i < run.end; i += run.step) {
      let span = spanOf(i);
      let at = indicesOf(span);
      let bits = vec4<u32>(x[at.x], x[at.y], x[at.z], x[at.w]);
      let magnitude = select(bits & vec4<u32>(0x7fffffffu), vec4<u32>(0u), isNan4(bits));
      let t = bitcast<vec4<f32>>(magnitude) * inverse;
      var index = vec4<u32>(0u);
      for (var k = 0u; k < params.count; k++) {
        index += select(vec4<u32>(0u), vec4<u32>(1u), t > vec4<f32>(thresholds[k]));
      }
      let level = vec4<f32>(levels[index.x], levels[index.y], levels[index.z], levels[index.w]);
      let negative = (bits >= vec4<u32>(0x80000000u)) & (index > vec4<u32>(0u));
      let value = select(level, -level, negative) * s;
      for (var k = 0u; k < span.count; k++) {
        y[span.start + k] = value[k];
      }
    }
  }
}
