// IEEE 754 binary32 numbers as bit patterns, taken apart and put together in integers: what is computed on them is the
// same on every adapter, whatever it does to subnormals, to the rounding direction or to neighbouring operations.
// Infinities count as 2^128; results beyond the largest finite number become that number. NaN has no meaning here.

const FLOAT_SIGN = 0x80000000u;
const FLOAT_MAX = 0x7f7fffffu;

// value = mantissa * 2^exponent, mantissa normalized to 2^31 .. 2^32 - 1, or 0
struct Unpacked {
  mantissa: u32,
  exponent: i32,
}

fn unpackFloat(bits: u32) -> Unpacked {
  let field = (bits >> 23u) & 0xffu;
  let fraction = bits & 0x7fffffu;
  let mantissa = select(fraction | 0x800000u, fraction, field == 0u);
  let shift = min(countLeadingZeros(mantissa), 31u);
  return Unpacked(mantissa << shift, max(i32(field), 1) - 150 - i32(shift));
}

// mantissa * 2^exponent rounded half to even. Where bits below the mantissa's were cut off, its bit 0 must be set and
// the mantissa be 2^26 or more.
fn packFloat(sign: u32, mantissa: u32, exponent: i32) -> u32 {
  if (mantissa == 0u) {
    return sign;
  }
  let shift = countLeadingZeros(mantissa);
  let m = mantissa << shift;
  let e = exponent - i32(shift);
  // The unit of the result is 2^unit: 24 bits are kept, fewer below the normal range.
  let unit = max(e + 8, -149);
  let cut = u32(unit - e);
  if (cut > 32u) {
    return sign;
  }
  if (unit > 104) {
    return sign | FLOAT_MAX;
  }
  let whole = cut == 32u;
  let kept = select(m >> (cut & 31u), 0u, whole);
  let rest = select(m << ((32u - cut) & 31u), m, whole);
  let up = rest > 0x80000000u || (rest == 0x80000000u && (kept & 1u) == 1u);
  // kept holds the implicit bit, which adds one to the exponent's field; so does a carry out of the rounding.
  let bits = (u32(unit + 149) << 23u) + kept + select(0u, 1u, up);
  return sign | min(bits, FLOAT_MAX);
}
