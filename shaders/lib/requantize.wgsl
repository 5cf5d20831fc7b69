// Requantization: an accumulator times multiplier * 2^(exponent - 31), rounded by the rule ROUNDING and saturated to i32; the
// same bits as `requantize` of src/numerics/requantize.ts. Integer rules are exact: the 64-bit product is made of 16-bit
// halves, nothing is rounded before the end.
// acc is any i32, multiplier in 0 .. 2^31 - 1, exponent in -31 .. 30, so |product| < 2^62 and no sum below overflows.

// Index into `roundings`: singleHalfUp, singleHalfAway, doubleHalfAway, doubleHalfUp, float, floatBias.
override ROUNDING: u32 = 0;

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

// floor((acc * multiplier - less + 2^(n-1)) / 2^n) with n = 31 - exponent; `less` is 0 or 1.
fn scale(acc: i32, multiplier: i32, exponent: i32, less: u32) -> i32 {
  let product = bitcast<u32>(acc) * bitcast<u32>(multiplier);
  let high = multiplyHigh(acc, multiplier) - select(0, 1, product < less);
  if (exponent < -1) {
    // n >= 33: the rounding constant is a multiple of 2^32, the low word cannot change the result.
    let n = u32(-1 - exponent);
    return (high + (1i << (n - 1u))) >> n;
  }
  let low = product - less;
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

fn singleHalfUp(acc: i32, multiplier: i32, exponent: i32) -> i32 {
  return scale(acc, multiplier, exponent, 0u);
}

// A negative product less 1 goes down at a tie, and nothing else changes.
fn singleHalfAway(acc: i32, multiplier: i32, exponent: i32) -> i32 {
  return scale(acc, multiplier, exponent, select(0u, 1u, acc < 0));
}

// Rounded half up to h, the product of what an exponent above 0 has shifted (saturating); then h / 2^-exponent is rounded.
fn doubleRounded(acc: i32, multiplier: i32, exponent: i32, away: bool) -> i32 {
  let left = u32(max(exponent, 0));
  let shifted = acc << left;
  let h = scale(select((acc >> 31u) ^ 0x7fffffff, shifted, shifted >> left == acc), multiplier, 0, 0u);
  let n = u32(max(-exponent, 0));
  let mask = (1u << n) - 1u;
  let most = (mask >> 1u) + select(0u, 1u, away && h < 0); // what may be dropped
  return (h >> n) + select(0, 1, (bitcast<u32>(h) & mask) > most);
}

// 2^(exponent - 31), from its bits.
fn powerOf(exponent: i32) -> f32 {
  return bitcast<f32>((exponent + 96) * 0x800000);
}

// Half to even of the f32 product. An f32 multiplier comes back exactly: it has 24 bits, and the power only moves them.
fn requantizeFloat(t: f32, multiplier: i32, exponent: i32) -> i32 {
  let q = round(t * (f32(multiplier) * powerOf(exponent)));
  return select(i32(clamp(q, -0x1p31, 0x1.fffffep30)), 0x7fffffff, q >= 0x1p31);
}

fn requantize(acc: i32, multiplier: i32, exponent: i32) -> i32 {
  if (ROUNDING >= 4) {
    return requantizeFloat(f32(acc), multiplier, exponent);
  }
  if (ROUNDING >= 2) {
    return doubleRounded(acc, multiplier, exponent, ROUNDING == 2);
  }
  if (ROUNDING == 1) {
    return singleHalfAway(acc, multiplier, exponent);
  }
  return singleHalfUp(acc, multiplier, exponent);
}

// The stored integer for an accumulator; saturates before the zero point is added, for the product may be any i32.
fn requantizeTo(acc: i32, multiplier: i32, exponent: i32, zeroPoint: i32, low: i32, high: i32) -> i32 {
  return zeroPoint + clamp(requantize(acc, multiplier, exponent), low - zeroPoint, high - zeroPoint);
}
