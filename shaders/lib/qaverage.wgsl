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

// What the averages of a window have in common: their multiplier, at `entry`, and where y ends.
struct Average {
  scale: Multipliers,
  offset: i32, // what the zero point of x adds to the sums
  count: i32,
  low: i32,
  high: i32,
}

// Of `pixels` values that count for `count`.
fn averageOf(pixels: u32, count: u32, entry: u32) -> Average {
  let low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1u);
  let zero = select(yZeroPoint, 0, RAW);
  let m = multipliers(vec4<i32>(multiplier[entry]), vec4<i32>(exponent[entry]));
  return Average(m, -xZeroPoint * i32(pixels), i32(count), low - zero, params.quantMax - zero);
}

// The stored values of 4 sums.
fn averaged(sum: vec4<i32>, a: Average) -> u32 {
  if (RAW) {
    let half = vec4<i32>(a.count / 2);
    let nearest = (sum + select(-half, half, sum > vec4<i32>())) / vec4<i32>(a.count);
    return packI8(clamp(nearest, vec4<i32>(a.low), vec4<i32>(a.high)));
  }
  return packI8(clamp(requantize4(sum + a.offset, a.scale), vec4<i32>(a.low), vec4<i32>(a.high)) + yZeroPoint);
}
