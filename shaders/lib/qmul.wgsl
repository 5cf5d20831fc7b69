// qmul: y = yZeroPoint + clamp(R((a - aZeroPoint) * (b - bZeroPoint))), R = product with multiplier and exponent rounded by
// ROUNDING (lib/requantize.wgsl); with UNARY requantize: the same of a - aZeroPoint alone. Overflow: at most 255 * 255 < 2^16
// before R, exact in f32.

// #include "lib/qpair.wgsl"
// #include "lib/requantize.wgsl"

override UNARY: bool = false; // there is no b
override SOFTWARE: bool = false; // adds to the nearest f32
override EVEN: bool = ROUNDING >= 4;
override CHECKED: bool = ROUNDING < 4;

@group(0) @binding(7) var<uniform> multiplier: i32;
@group(0) @binding(8) var<uniform> exponent: i32;

struct Scale {
  // For each byte of a word: zero points of a and b and the factor where the byte stands, and what is added.
  bytes: mat4x4<f32>,
  certain: f32,
  again: vec3<f32>, // see settled
}

override TWICE: bool = ROUNDING == 2 || ROUNDING == 3;

// Zero points are taken off exactly, so that v = da * db * factor has three roundings, and t another: with u = 2^-23 for
// whichever way a device rounds, 3u |v| + 257u or, as |v| <= 512 where t is about a byte, less than 1800u. Products that are
// multiples of 2^-12 are not rounded at all below 2^11, and ties are certain, too. The float rules take one product of f32
// numbers, as they are written. A factor above 256 is as good as 256: but for 0, all products are then beyond the bounds.
// Double rounding first rounds the product with multiplier / 2^31 alone, where the exponent is below 0: t is about that, and
// |v| <= |da db| and <= 512 / 2^exponent, so that 4u |v| + u is lost. From there on `settled` is exact: whole numbers below 2^16
// times 2^exponent have 24 bits beside 256, or are below 1/2. Exponents up to 14 saturate no product of 16 bits.
fn scaleOf(a: vec4<f32>, b: vec4<f32>, shift: f32) -> Scale {
  let down = select(0, min(exponent, 0), TWICE);
  let factor = f32(multiplier) * powerOf(exponent - down);
  var loss = 0x1.dp-13;
  if (TWICE) {
    let product = select(0x1p16, 0x1p8, UNARY);
    loss = max(loss, min(product, f32(512u << u32(min(-down, 8)))) * 0x1.1p-21) + select(0.0, 1.0, exponent > 14);
  }
  let whole = ROUNDING == 0 && (multiplier & 0x7f) == 0 && fract(factor * 0x1p12) == 0 && factor < 4;
  let unit = 1 / places;
  var times = places * min(factor, 256);
  if (!UNARY) {
    times *= places;
  }
  let plus = vec4<f32>(select(select(shift, 0, TWICE) + 0.5, f32(min(multiplier, 0)), EVEN)); // EVEN: 0
  let step = powerOf(down + 31);
  let again = vec3<f32>(step, shift + 0.5, select(0, step, ROUNDING == 2 && down < 0));
  return Scale(transpose(mat4x4<f32>(a * unit, b * unit, times, plus)), select(loss, -1, whole), again);
}

// Rounds what has been rounded: up, or away from 0.
fn settled(q: f32, again: vec3<f32>) -> f32 {
  if (!TWICE) {
    return q;
  }
  let t = fma(q, again.x, again.y);
  if (ROUNDING == 2) {
    return floor(t - select(0, again.z, q < 0));
  }
  return floor(t);
}

// In the rules that round no product before: b's part of it, with the factor.
fn prepared(b: f32, k: vec4<f32>) -> f32 {
  var other = k.z;
  if (!UNARY) {
    other = b - k.y;
    if (!EVEN) {
      other *= k.z;
    }
  }
  return other;
}

// The same bits: devices may reorder f32 operations, but not past what they do not know.
fn kept(v: f32, k: vec4<f32>) -> f32 {
  return bitcast<f32>(bitcast<u32>(v) ^ bitcast<u32>(k.w));
}

fn estimate(a: f32, other: f32, k: vec4<f32>) -> f32 {
  var v = a - k.x;
  if (!EVEN) {
    return fma(v, other, k.w);
  }
  if (!UNARY) {
    v *= other;
  }
  return kept(v, k) * k.z;
}

// round() is dear on software devices.
fn nearestEven(t: f32, k: vec4<f32>, to: Target) -> f32 {
  if (SOFTWARE) {
    return kept(t + 0x1.8p23, k) - (0x1.8p23 - to.shift);
  }
  return round(t) + to.shift;
}

fn exact(da: f32, db: f32) -> f32 {
  return f32(requantize(i32(da * select(db, 1, UNARY)), multiplier, exponent));
}
