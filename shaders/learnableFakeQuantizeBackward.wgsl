// dx of learnable fake quantization, and each thread's sums of the gradients of scale and zero point:
//   inside the range:  dx = dy,               ds += dy * g * (y - x) / s
//   outside:           dx = a zero like dy,   ds += dy * g * (the bound it clamps to - z),  dz += -dy * g * s
// scale and zeroPoint are those computed with; scales and zeroPoints [lanes, channels]. dy and dx as bits of f32.
// Source: PyTorch, fake_quantize_learnable_tensor's backward kernel.

// #include "lib/index.wgsl"
// #include "lib/words.wgsl"
// #include "lib/quantizer.wgsl"

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
  gradFactor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> zeroPoint: array<i32>;
@group(0) @binding(5) var<storage, read_write> dx: array<u32>;
@group(0) @binding(6) var<storage, read_write> scales: array<f32>;
@group(0) @binding(7) var<storage, read_write> zeroPoints: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u));
  // Lengths asked for here are not found out again in every round.
  if (lane.outer >= params.outerLanes + min(arrayLength(&x) + arrayLength(&dy) + arrayLength(&dx), 0)) {
    return;
  }
  let q = quantizerAt(wordChannel(lane), params.quantMin, params.quantMax);
  var ds = vec4<f32>(0.0);
  var dz = vec4<f32>(0.0);
  for (var o = lane.outer; o < slicesEnd(lane); o += params.outerLanes) {
    let run = runOf(lane, o);
    for (var i = run.first; i < run.end; i += run.step) {
      let span = spanOf(i);
      let at = indicesOf(span);
      let bits = vec4<u32>(x[at.x], x[at.y], x[at.z], x[at.w]);
      let upstream = vec4<u32>(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
      let steps = stepsOf(q, bits);
      let clamped = vec4<f32>(clampedSteps(q, steps, bits));
      let inside = (steps >= q.low) & (steps <= q.high) & !isNan4(bits);
      let mask = select(vec4<u32>(0x80000000u), vec4<u32>(0xffffffffu), inside);
      for (var k = 0u; k < span.count; k++) {
        dx[span.start + k] = upstream[k] & mask[k];
      }
      // Elements beyond the row's end repeat its last one, which counts once.
      let counted = vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(span.count);
      let gradient = select(vec4<f32>(0.0), bitcast<vec4<f32>>(upstream) * params.gradFactor, counted);
      ds += gradient * select(clamped, (clamped * q.scale - bitcast<vec4<f32>>(bits)) * q.inverse, inside);
      dz -= select(gradient * q.scale, vec4<f32>(0.0), inside);
    }
  }
  let slice = lane.outer * params.innerLanes + lane.inner;
  if (params.laneStep == 0u) {
    let at = slice * params.channels + lane.channel;
    scales[at] = (ds.x + ds.y) + (ds.z + ds.w);
    zeroPoints[at] = (dz.x + dz.y) + (dz.z + dz.w);
    return;
  }
  let first = lane.channel * 4u;
  for (var k = 0u; k < min(params.rowLength - first, 4u); k++) {
    scales[slice * params.rowLength + first + k] = ds[k];
    zeroPoints[slice * params.rowLength + first + k] = dz[k];
  }
}
