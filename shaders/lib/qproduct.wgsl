// What kernels that multiply by packed weights share: inputs, and the way from sums to y. The shader that includes it
// declares `weight` (binding 1), and `params` with oc, relu (1: clamp at the zero point), quantMin and quantMax.

// #include "lib/lanes.wgsl"
// #include "lib/requantize4.wgsl"

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> weightSum: array<i32>;
@group(0) @binding(3) var<storage, read> bias: array<i32>; // f32 for the rule floatBias
@group(0) @binding(4) var<storage, read> multiplier: array<i32>;
@group(0) @binding(5) var<storage, read> exponent: array<i32>;
// Of asymmetric weights (with what comes before them in the same buffer, to stay within 8 of them; else any buffer).
@group(0) @binding(6) var<storage, read> centeredSums: array<i32>;
@group(0) @binding(7) var<storage, read_write> y: array<u32>;
@group(0) @binding(8) var<uniform> xZeroPoint: i32;
@group(0) @binding(9) var<uniform> yZeroPoint: i32;

// The signs of x's bytes where x is u8: flipped, they are the i8 of 128 less. 0 where x is i8.
override FLIP: u32 = 0;
// Weights have zero points: acc[o] = bias[o] - xZeroPoint * weightSum[o] + sum of x * w - zw[o] * sum of (x - xZeroPoint).
override ASYMMETRIC: bool = false;

// The zero point of x as i8.
fn zeroOfX() -> i32 {
  return xZeroPoint - select(0, 128, FLIP != 0);
}

// What 4 consecutive output channels need after the sum; zeros for channels past the end, so that they come out as 0.
struct Epilogue {
  bias: vec4<i32>,
  floatBias: vec4<f32>,
  weightZero: vec4<i32>,
  scale: Multipliers,
  low: vec4<i32>,
  high: vec4<i32>,
  lanes: u32,
}

// `zero` is what sums of x * w count as 0 of x; the zero points of asymmetric weights are from `zeros` on.
fn epilogue(channel: u32, zero: i32, zeros: u32) -> Epilogue {
  var start = vec4<i32>();
  var after = vec4<f32>();
  var weightZero = vec4<i32>();
  var m = vec4<i32>();
  var e = vec4<i32>();
  for (var i = 0u; i < 4 && channel + i < params.oc; i++) {
    start[i] = select(bias[channel + i], 0, ROUNDING == 5) - zero * weightSum[channel + i];
    after[i] = bitcast<f32>(bias[channel + i]);
    m[i] = multiplier[channel + i];
    e[i] = exponent[channel + i];
    if (ASYMMETRIC) {
      weightZero[i] = centeredSums[zeros + channel + i];
    }
  }
  let low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1) - yZeroPoint;
  let high = params.quantMax - yZeroPoint;
  return Epilogue(start, after, weightZero, multipliers(m, e), vec4<i32>(low), vec4<i32>(high), laneMask(params.oc - channel));
}

fn packed(q: vec4<i32>, e: Epilogue) -> u32 {
  return packI8(clamp(q, e.low, e.high) + yZeroPoint) & e.lanes;
}

// Accumulators without bias for 4 channels of one pixel -> a word of y.
fn finish(sum: vec4<i32>, e: Epilogue) -> u32 {
  let acc = sum + e.bias;
  if (ROUNDING == 5) {
    return packed(requantizeFloat4(vec4<f32>(acc) + e.floatBias, e.scale), e);
  }
  return packed(requantize4(acc, e.scale), e);
}
