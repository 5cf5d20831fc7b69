// y = clamp(round(x / s) + z, qmin, qmax), f32 to i8 or u8, per tensor or per channel. ROUNDING 0: rhe(f32(x * f32(1 / s))),
// PyTorch's fake quantization; 1: rhe(f32(x / s)), ONNX; 2: half away from zero of f32(x / s), TFLite.
// x as bits. y packs 4 values a word along the innermost axis, rows padded to whole words with zeros; a thread owns words
// of one channel, or, where the channels are the innermost axis (laneStep 1), a column of words.

// #include "lib/index.wgsl"
// #include "lib/channels.wgsl"
// #include "lib/quantizer.wgsl"

struct Params {
  // Of words.
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  // Elements and words of the innermost axis.
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
@group(0) @binding(4) var<storage, read_write> y: array<u32>;

override ROUNDING: u32 = 0u;

fn roundAway(t: f32) -> f32 {
  let whole = floor(abs(t));
  let away = whole + select(0.0, 1.0, abs(t) - whole >= 0.5);
  return select(away, -away, t < 0.0);
}

// Steps by division. x * (1 / s) is within 2 ULP of x / s, which is below 1/512 for up to 2^13 steps: only beside a tie
// (and nowhere beyond any range of integers) can it round differently, and there the quotient is taken exactly.
fn dividedSteps(q: Quantizer, bits: u32) -> i32 {
  var t = bitcast<f32>(bits) * q.inverse;
  let magnitude = abs(t);
  if (magnitude < 8192.0 && abs(magnitude - floor(magnitude) - 0.5) < 0.001953125) {
    t = bitcast<f32>(divideFloat(bits, bitcast<u32>(q.scale)));
  }
  var steps = 0.0;
  if (ROUNDING == 1u) {
    steps = round(t);
  } else {
    steps = roundAway(t);
  }
  return i32(select(clamp(steps, q.low, q.high), q.low, isNan(bits)));
}

fn quantized(q: Quantizer, zero: i32, bits: u32) -> u32 {
  var steps = 0;
  if (ROUNDING == 0u) {
    steps = stepsOf(q, bits);
  } else {
    steps = dividedSteps(q, bits);
  }
  return bitcast<u32>(steps + zero) & 0xffu;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u), params.channels, params.innerLanes);
  if (lane.outer >= params.outerLanes) {
    return;
  }
  let first = select(lane.channel, lane.channel * 4u, params.laneStep == 1u);
  let last = select(params.channels, params.rowLength, params.laneStep == 1u) - 1u;
  var q: array<Quantizer, 4>;
  var zero: array<i32, 4>;
  for (var k = 0u; k < 4u; k++) {
    let c = min(first + k * params.laneStep, last);
    zero[k] = zeroPoint[c];
    if (k > 0u && params.laneStep == 0u) {
      q[k] = q[0];
    } else {
      q[k] = quantizer(scale[c], zeroPoint[c], params.quantMin, params.quantMax);
    }
  }
  for (var o = lane.outer; o < params.outer; o += params.outerLanes) {
    let end = (o * params.channels + lane.channel + 1u) * params.inner;
    for (var i = end - params.inner + lane.inner; i < end; i += params.innerLanes) {
      let row = i / params.rowWords;
      let column = (i - row * params.rowWords) * 4u;
      let start = row * params.rowLength + column;
      let count = min(params.rowLength - column, 4u);
      var word = 0u;
      for (var k = 0u; k < count; k++) {
        word |= quantized(q[k], zero[k], x[start + k]) << (8u * k);
      }
      y[i] = word;
    }
  }
}
