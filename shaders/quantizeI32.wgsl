// quantize.wgsl for i32: y = clamp(rhe(f32(x * f32(1 / s))) + z, qmin, qmax), with DIVIDE rhe(f32(x / s)), one integer a word.
// Steps become integers before anything is added to them. The range and z lie within -2^30 .. 2^30 - 1, so that no sum leaves
// i32.

// #include "lib/index.wgsl"
// #include "lib/words.wgsl"
// #include "lib/quantizer.wgsl"

override DIVIDE: bool = false;

struct Params {
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  rowLength: u32,
  rowWords: u32,
  laneStep: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> zeroPoint: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u));
  // Lengths asked for here are not found out again in every round.
  if (lane.outer >= params.outerLanes + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let c = wordChannel(lane);
  let q = quantizerAt(c, params.quantMin, params.quantMax);
  let zero = zeroPointAt(c);
  let low = vec4<i32>(params.quantMin) - zero;
  let high = vec4<i32>(params.quantMax) - zero;
  for (var o = lane.outer; o < slicesEnd(lane); o += params.outerLanes) {
    let run = runOf(lane, o);
    for (var i = run.first; i < run.end; i += run.step) {
      let span = spanOf(i);
      let at = indicesOf(span);
      let bits = vec4<u32>(x[at.x], x[at.y], x[at.z], x[at.w]);
      var t = stepsOf(q, bits);
      if (DIVIDE) {
        for (var k = 0u; k < 4u; k++) {
          t[k] = round(bitcast<f32>(divideFloat(bits[k], bitcast<u32>(q.scale[k]))));
        }
      }
      // 2^31 is beyond i32; the largest f32 below it is not the largest i32.
      let finite = vec4<i32>(clamp(t, vec4<f32>(-2147483648.0), vec4<f32>(2147483520.0)));
      let steps = select(finite, vec4<i32>(2147483647), t >= vec4<f32>(2147483648.0));
      let value = select(clamp(steps, low, high), low, isNan4(bits)) + zero;
      for (var k = 0u; k < span.count; k++) {
        y[span.start + k] = value[k];
      }
    }
  }
}
