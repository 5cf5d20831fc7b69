// #include "lib/float32.wgsl"

// f32(a + b) on bit patterns, correctly rounded.
fn addFloat(a: u32, b: u32) -> u32 {
  let swap = (a & ~FLOAT_SIGN) < (b & ~FLOAT_SIGN);
  let large = select(a, b, swap);
  let small = select(b, a, swap);
  let x = unpackFloat(large);
  let y = unpackFloat(small);
  if (y.mantissa == 0u) {
    return select(large, a & b, x.mantissa == 0u);
  }
  // 26 bits and more are kept of both, enough for a correct rounding together with the sticky bit.
  let distance = u32(x.exponent - y.exponent);
  let upper = x.mantissa >> 1u;
  let whole = y.mantissa >> 1u;
  let shift = min(distance, 31u);
  let shifted = whole >> shift;
  let lower = shifted | select(0u, 1u, (shifted << shift) != whole);
  let difference = ((a ^ b) & FLOAT_SIGN) != 0u;
  let sum = select(upper + lower, upper - lower, difference);
  return packFloat(select(large & FLOAT_SIGN, 0u, sum == 0u), sum, x.exponent + 1);
}

// f32(a * b) on bit patterns, correctly rounded.
fn multiplyFloat(a: u32, b: u32) -> u32 {
  let x = unpackFloat(a);
  let y = unpackFloat(b);
  // The mantissas have 24 bits: two halves of 12, whose products have 24.
  let x0 = (x.mantissa >> 8u) & 0xfffu;
  let x1 = x.mantissa >> 20u;
  let y0 = (y.mantissa >> 8u) & 0xfffu;
  let y1 = y.mantissa >> 20u;
  let low = x0 * y0;
  let middle = x1 * y0 + x0 * y1 + (low >> 12u);
  let high = x1 * y1 + (middle >> 12u);
  // The product is high * 2^24 + the lower 12 bits of middle * 2^12 + the lower 12 bits of low; high has 23 bits or 24.
  let rest = ((middle & 0xfffu) << 12u) | (low & 0xfffu);
  let mantissa = (high << 8u) | (rest >> 16u) | select(0u, 1u, (rest & 0xffffu) != 0u);
  return packFloat((a ^ b) & FLOAT_SIGN, mantissa, x.exponent + y.exponent + 32);
}
