// Sums of 8-bit values, and what becomes of them: y = zero point + the sum of (x - zero point) times the multiplier of the
// sum's count, or, where RAW, TFLite's average of the stored values as they are, half away from zero. Needs Params with flip,
// relu, quantMin and quantMax.

// #include "lib/requantize4.wgsl"
// #include "lib/lanes.wgsl"

override RAW = false;

@group(0) @binding(2) var<uniform> xZeroPoint: i32;
@group(0) @binding(3) var<uniform> yZeroPoint: i32;
@group(0) @binding(4) var<storage, read> multiplier: array<i32>;
@group(0) @binding(5) var<storage, read> exponent: array<i32>;
@group(0) @binding(6) var<storage, read_write> y: array<u32>;

// The stored values of 4 averages: of the sums of `pixels` values, divided by `count`, whose multiplier is `entry`.
fn averaged(sum: vec4<i32>, pixels: u32, count: u32, entry: u32) -> u32 {
  let low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1u);
  if (RAW) {
    let n = i32(count);
    let nearest = (sum + select(vec4<i32>(-(n / 2)), vec4<i32>(n / 2), sum > vec4<i32>())) / vec4<i32>(n);
    return packI8(clamp(nearest, vec4<i32>(low), vec4<i32>(params.quantMax)));
  }
  let m = multipliers(vec4<i32>(multiplier[entry]), vec4<i32>(exponent[entry]));
  let q = requantize4(sum - xZeroPoint * i32(pixels), m);
  return packI8(clamp(q, vec4<i32>(low - yZeroPoint), vec4<i32>(params.quantMax - yZeroPoint)) + yZeroPoint);
}
