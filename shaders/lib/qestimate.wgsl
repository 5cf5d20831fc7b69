// Sums of few products to words of y in about 9 f32 operations a byte, and whether that is the exact word: about 1 in 2000
// bytes is not, and is to be done again by finishExactly. For sums that are whole numbers in f32, below 2^24 in magnitude.
//
// With v = (sum + bias) * M and M = multiplier * 2^(exponent - 31), the byte is floor(t) of t = v + z, limited to 0 .. 255 or
// less, where z is 0.5 more than the zero point as a byte; but for ties, and for what a rule rounds before (roundedBefore).
// An f32 operation rounds by at most u = 2^-23 of its result, whichever way a device rounds; with B = bias * M:
//   M, f32(bias), f32(bias) * M and the sum with z          4u |B| + 256u
//   sum * M, where |sum * M| <= |B| + |v|                   2u (|B| + |v|), or less where it is fused
//   the sum of both                                         u |t|
//   f32(sum + bias), f32(..) * M in the float rules         2u |v|
// Where -1 <= t <= 257, |v| <= 257, all together is at most 6u |B| + 1541u, and so is the error of a t computed in any other
// order. `doubt` is more than that: 6.5u |B| + 1600u. f = t - floor(t), off by u, is at least doubt away from 0 and 1 if
// f (1 - f) >= doubt: then floor(t) is certain. Where t is beyond -1 .. 257, the error of a certain one is below 0.3 + 5u |t|, as
// doubt above 1/4 is never certain and so 6u |B| is below that: floor(t) is limited to the bound that it should be.
// Where an exponent above 0 may saturate, in rules that round twice, nothing is certain.

// #include "lib/qproduct.wgsl"

struct Estimate {
  times: vec4<f32>,
  plus: vec4<f32>,
  doubt: vec4<f32>,
  low: f32, // bounds, as bytes
  high: f32,
  flip: u32,
  lanes: u32,
}

fn estimateOf(e: Epilogue) -> Estimate {
  // What makes 0 .. 255 of i8. Without negative numbers the bytes of i8 and u8 are the same.
  let negative = params.quantMin < 0;
  let zero = yZeroPoint + select(0, 128, negative);
  let bias = select(vec4<f32>(e.bias), e.floatBias, ROUNDING == 5) * e.scale.approximate;
  return Estimate(
    e.scale.approximate,
    bias + (f32(zero) + 0.5),
    roundedBefore(e.scale.exponent) + 0x1.9p-13 + abs(bias) * 0x1.ap-21,
    f32(e.low.x + zero),
    f32(e.high.x + zero),
    0x4b000000u ^ select(0u, 0x80808080u, negative),
    e.lanes,
  );
}

// The same for accumulators, to which the bias was added: whole numbers of any size, where B = 0 outweighs that f32(sum) is
// rounded, too. Biases and zero points folded into sums may have wrapped around in i32, and unwrap there.
fn estimateOfAccumulators(e: Epilogue) -> Estimate {
  var unbiased = e;
  unbiased.bias = vec4<i32>();
  unbiased.floatBias = vec4<f32>();
  return estimateOf(unbiased);
}

fn accumulators(sum: vec4<i32>, e: Epilogue) -> vec4<f32> {
  let acc = vec4<f32>(sum + e.bias);
  if (ROUNDING == 5) {
    return acc + e.floatBias;
  }
  return acc;
}

struct Estimated {
  word: u32,
  unsure: bool,
}

fn estimated(sum: vec4<f32>, e: Estimate) -> Estimated {
  let t = fma(sum, e.times, e.plus);
  let q = floor(t);
  let f = t - q;
  let byte = min(max(q, vec4<f32>(e.low)), vec4<f32>(e.high));
  // Whole numbers below 2^23 are the low bits of their sum with 2^23, whose own bits are 0x4b000000.
  let halves = fma(byte.yw, vec2<f32>(256), byte.xz) + 0x1p23;
  let word = bitcast<u32>(halves.x) ^ (bitcast<u32>(halves.y) << 16) ^ e.flip;
  return Estimated(word & e.lanes, any(fma(-f, f, f) < e.doubt));
}

fn finishExactly(sum: vec4<i32>, e: Epilogue) -> u32 {
  if (ROUNDING >= 4) {
    return finish(sum, e);
  }
  return packed(exact4(sum + e.bias, e.scale), e);
}
