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

// What 4 consecutive output channels need after the sum. Channels past the end repeat the last one; `lanes` makes them 0.
struct Epilogue {
  bias: vec4<i32>,
  floatBias: vec4<f32>,
  weightZero: vec4<i32>,
  scale: Multipliers,
  low: vec4<i32>,
  high: vec4<i32>,
  lanes: u32,
}

fn channelsAt(channel: u32) -> vec4<u32> {
  return min(vec4<u32>(channel) + vec4<u32>(0, 1, 2, 3), vec4<u32>(params.oc - 1));
}

// `zero` is what sums of x * w count as 0 of x; the zero points of asymmetric weights are from `zeros` on.
fn epilogue(channel: u32, zero: i32, zeros: u32) -> Epilogue {
  let c = channelsAt(channel);
  let start = vec4<i32>(bias[c.x], bias[c.y], bias[c.z], bias[c.w]);
  let sums = vec4<i32>(weightSum[c.x], weightSum[c.y], weightSum[c.z], weightSum[c.w]);
  let m = vec4<i32>(multiplier[c.x], multiplier[c.y], multiplier[c.z], multiplier[c.w]);
  let e = vec4<i32>(exponent[c.x], exponent[c.y], exponent[c.z], exponent[c.w]);
  var weightZero = vec4<i32>();
  if (ASYMMETRIC) {
    let z = c + zeros;
    weightZero = vec4<i32>(centeredSums[z.x], centeredSums[z.y], centeredSums[z.z], centeredSums[z.w]);
  }
  let low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1) - yZeroPoint;
  let high = params.quantMax - yZeroPoint;
  return Epilogue(
    select(start, vec4<i32>(), ROUNDING == 5) - zero * sums,
    bitcast<vec4<f32>>(start),
    weightZero,
    multipliers(m, e),
    vec4<i32>(low),
    vec4<i32>(high),
    laneMask(params.oc - channel),
  );
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
