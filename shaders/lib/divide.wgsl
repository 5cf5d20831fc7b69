// #include "lib/float32.wgsl"

// f32(a / b) on bit patterns, correctly rounded; WGSL's own division may be 2.5 ULP off. x / 0 is the largest finite
// number, 0 / x is 0.
fn divideFloat(a: u32, b: u32) -> u32 {
  let sign = (a ^ b) & FLOAT_SIGN;
  let x = unpackFloat(a);
  let y = unpackFloat(b);
  if (x.mantissa == 0u) {
    return sign;
  }
  if (y.mantissa == 0u) {
    return sign | FLOAT_MAX;
  }
  // Long division with digits of 8 bits: the divisor has 24, so that a remainder and one more digit fit 32.
  let divisor = y.mantissa >> 8u;
  var rest = x.mantissa >> 8u;
  var quotient = 0u;
  if (rest >= divisor) {
    quotient = 1u;
    rest -= divisor;
  }
  for (var i = 0u; i < 3u; i++) {
    rest <<= 8u;
    let digit = rest / divisor;
    rest -= digit * divisor;
    quotient = (quotient << 8u) | digit;
  }
  rest <<= 7u;
  let digit = rest / divisor;
  rest -= digit * divisor;
  quotient = (quotient << 7u) | digit | select(0u, 1u, rest != 0u);
  return packFloat(sign, quotient, x.exponent - y.exponent - 31);
}

// f32(1 / s)
fn reciprocal(s: f32) -> f32 {
  return bitcast<f32>(divideFloat(0x3f800000u, bitcast<u32>(s)));
}
