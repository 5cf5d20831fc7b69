// Numbers of any type taken apart into mantissa * 2^exponent, all in integers. The mantissa is 0 or normalized to 2^62 ..
// 2^63 - 1; where bits behind it were cut off, its lowest bit is set, so that rounding to 60 bits or fewer is that of all bits.
// Infinities count as numbers beyond every finite one of their type; NaN has to be sorted out before. Needs lib/wide.wgsl.

const SIGN = 0x80000000u;
const NAN64 = vec2<u32>(0u, 0x7ff80000u);
const INFINITY64 = vec2<u32>(0u, 0x7ff00000u);

struct Number {
  mantissa: vec2<u32>,
  exponent: i32,
  sign: u32,
}

fn isNan64(bits: vec2<u32>) -> bool {
  return isLess(INFINITY64, vec2(bits.x, bits.y & ~SIGN));
}

// Cut off behind bit n, which then says whether there was anything.
fn shiftedOff(v: vec2<u32>, n: u32) -> vec2<u32> {
  let kept = shiftedRight(v, n);
  return vec2(kept.x | u32(any(shiftedLeft(kept, n) != v)), kept.y);
}

fn normalized(mantissa: vec2<u32>, exponent: i32, sign: u32) -> Number {
  let zeros = select(countLeadingZeros(mantissa.y), 32u + countLeadingZeros(mantissa.x), mantissa.y == 0u);
  if (zeros == 0u) {
    return Number(shiftedOff(mantissa, 1u), exponent + 1, sign);
  }
  return Number(shiftedLeft(mantissa, zeros - 1u), exponent + 1 - i32(zeros), sign);
}

fn numberOf64(bits: vec2<u32>) -> Number {
  let field = (bits.y >> 20u) & 0x7ffu;
  let high = (bits.y & 0xfffffu) | (u32(field > 0u) << 20u);
  return normalized(vec2(bits.x, high), max(i32(field), 1) - 1075, bits.y & SIGN);
}

// n rounded to `digits` bits, ties to even, but to no finer unit than 2^least: a whole number of units 2^exponent.
fn rounded(n: Number, digits: i32, least: i32) -> Number {
  let cut = max(63 - digits, least - n.exponent);
  let near = u32(min(cut, 60));
  let mantissa = shiftedOff(n.mantissa, u32(clamp(cut - 60, 0, 63)));
  let odd = shiftedRight(mantissa, near).x & 1u;
  let almostHalf = minus(shiftedLeft(vec2(1u, 0u), near - 1u), vec2(1u - odd, 0u));
  return Number(shiftedRight(plus(mantissa, almostHalf), near), n.exponent + cut, n.sign);
}

// The nearest f64 to a number below 2^3000. The mantissa's first bit adds one to the field of the exponent; so does a carry out of
// the rounding.
fn bits64(n: Number) -> vec2<u32> {
  if (all(n.mantissa == vec2(0u))) {
    return vec2(0u, n.sign);
  }
  let r = rounded(n, 53, -1074);
  let size = vec2(r.mantissa.x, r.mantissa.y + (u32(r.exponent + 1074) << 20u));
  return select(size, INFINITY64, size.y >= INFINITY64.y) | vec2(0u, n.sign);
}
