// Requantization, rounding singleHalfUp: floor((acc * multiplier + 2^(n-1)) / 2^n) with n = 31 - exponent, saturated to
// i32. Exact: the 64-bit product is made of 16-bit halves, nothing is rounded before the end.
// acc is any i32, multiplier in 0 .. 2^31 - 1, exponent in -31 .. 30, so |product| < 2^62 and no sum below overflows.

// The high word of the 64-bit product acc * multiplier; the low word is acc * multiplier itself.
fn multiplyHigh(acc: i32, multiplier: i32) -> i32 {
  let a = bitcast<u32>(acc);
  let b = bitcast<u32>(multiplier);
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let lower = a1 * b0 + ((a0 * b0) >> 16u);
  let upper = a0 * b1 + (lower & 0xffffu);
  let high = a1 * b1 + (lower >> 16u) + (upper >> 16u);
  // As u32, a negative acc is acc + 2^32.
  return bitcast<i32>(high) - select(0, multiplier, acc < 0);
}

fn requantize(acc: i32, multiplier: i32, exponent: i32) -> i32 {
  let high = multiplyHigh(acc, multiplier);
  if (exponent < -1) {
    // n >= 33: the rounding constant is a multiple of 2^32, the low word cannot change the result.
    let n = u32(-1 - exponent);
    return (high + (1i << (n - 1u))) >> n;
  }
  let low = bitcast<u32>(acc) * bitcast<u32>(multiplier);
  if (exponent == -1) {
    return high + i32(low >> 31u);
  }
  let n = u32(31 - exponent);
  let rounded = low + (1u << (n - 1u));
  let carried = high + select(0, 1, rounded < low);
  // The result fits i32 if the bits above it are copies of its sign.
  let beyond = carried >> (n - 1u);
  let sign = carried >> 31u;
  let result = bitcast<i32>((bitcast<u32>(carried) << (32u - n)) | (rounded >> n));
  return select(sign ^ 0x7fffffff, result, beyond == sign);
}

// The stored integer for an accumulator; saturates before the zero point is added, for the product may be any i32.
fn requantizeTo(acc: i32, multiplier: i32, exponent: i32, zeroPoint: i32, low: i32, high: i32) -> i32 {
  return zeroPoint + clamp(requantize(acc, multiplier, exponent), low - zeroPoint, high - zeroPoint);
}
