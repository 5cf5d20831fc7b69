// qadd and qsub: y = yZeroPoint + clamp(R2(R0((a - aZeroPoint) << 20) +- R1((b - bZeroPoint) << 20))), Ri = product with
// multiplier[i], exponent[i] rounded by ROUNDING (lib/requantize.wgsl). The float rules: multiplier and exponent hold the
// scales of a, b and y, and y = yZeroPoint + clamp(rhe(f32(f32(f32(da * s_a) +- f32(db * s_b)) / s_y))), in integers.
// Overflow: |a - aZeroPoint| <= 255, so below 2^28 before R0 and R1, which halve it at least: the sum stays below 2^28.

// #include "lib/qpair.wgsl"
// #include "lib/requantize.wgsl"
// #include "lib/addMultiply.wgsl"
// #include "lib/divide.wgsl"

override SIGN: i32 = 1; // of the op's b: -1 subtracts
override SWAPPED: bool = false; // a here is the op's b, b its a
override EVEN: bool = ROUNDING >= 4;
override CHECKED: bool = ROUNDING < 6;

@group(0) @binding(7) var<storage, read> multiplier: array<i32>;
@group(0) @binding(8) var<storage, read> exponent: array<i32>;

struct Scale {
  // For each byte of a word: steps of y that a step of a and one of b are, about, where the byte stands, and what is added.
  bytes: mat4x4<f32>,
  certain: f32,
  again: vec3<f32>, // unused
}

fn settled(q: f32, again: vec3<f32>) -> f32 {
  return q;
}

fn factor(i: u32) -> f32 {
  return f32(multiplier[i]) * powerOf(exponent[i]);
}

// Of a and b here.
fn terms() -> vec2<f32> {
  let ofOp = vec2<f32>(factor(0), factor(1));
  return select(ofOp, ofOp.yx, SWAPPED);
}

fn signs() -> vec2<f32> {
  let ofOp = vec2<f32>(1, f32(SIGN));
  return select(ofOp, ofOp.yx, SWAPPED);
}

// The largest |zero| and |byte - zero|, and 64.
fn extent(zero: vec4<f32>) -> f32 {
  return max(abs(zero.x), abs(zero.w)) + max(abs(zero.x), abs(255 - zero.x)) + 64;
}

fn coarse(v: vec2<f32>) -> bool {
  return all(fract(v * 0x1p12) == vec2<f32>());
}

// The whole number nearest to t where magic, a whole number itself, is 0x1.8p23; otherwise halves go to that number whose
// distance from 0x1.8p23 - magic is even. Cheaper than round(). Beyond 2^22 it is another number, by 1 at least.
fn nearest(t: f32, magic: f32) -> f32 {
  return f32(bitcast<i32>(t + magic) - bitcast<i32>(magic));
}

fn nearestEven(t: f32, k: vec4<f32>, to: Target) -> f32 {
  return nearest(t, 0x1.8p23 - to.shift);
}

// Whether the device rounds to the nearest number, halves to even, and does not reorder sums: of two halves in a row, made of
// what it cannot foresee.
fn roundsEven() -> bool {
  let one = select(0.0, 1.0, multiplier[0] >= 0);
  let k = vec4<f32>(one, one, one * 0.5, 0);
  let z = vec3<f32>(vec3<i32>(aZeroPoint, bZeroPoint, bZeroPoint + 1));
  let t = vec2<f32>(estimate(z.x, prepared(z.y, k), k), estimate(z.x, prepared(z.z, k), k));
  return all(fract(vec2<f32>(nearest(t.x, 0x1.8p23), nearest(t.y, 0x1.8p23)) * 0.5) == vec2<f32>());
}

// t = a * s_a + (b * s_b + plus), plus = shift - zero_a * s_a - zero_b * s_b, has an error that is made of, with u = 2^-23 for
// whichever way a device rounds, z = |zero| and d = |byte - zero| of each side, |shift| <= 256, and |t| <= 257 where it counts:
//   s_a, s_b: three roundings or a division                 3u (d_a s_a + d_b s_b)
//   plus: its products, sums                                u (3 z_a s_a + 3 z_b s_b + 257)
//   the products                                            255u (s_a + s_b)
//   the sums                                                u (d_b s_b + z_a s_a + 257) + 257u, or with a and b exchanged
//   what the float rules round                              u (d_a s_a + d_b s_b) / 2 + 257u
// together less than 4.5u (z + d + 64) s of each side and 1028u. The integer rules add what their terms are rounded by, up to
// 1 each, and for double rounding another 1, times the last multiplier. Where terms could saturate, nothing is certain.
// Beyond 257, errors grow as t does; it takes a loss above 1/4, with which nothing is certain, to bring such a t back.
//
// Where all these are multiples of 2^-12 below 2^11, nothing is rounded, and ties are certain too: floor(t) is what half up
// asks for, and for half to even there is a device that has it.
fn scaleOf(a: vec4<f32>, b: vec4<f32>, shift: f32) -> Scale {
  let terms = terms();
  let last = factor(2);
  var s: vec2<f32>;
  var plus = shift;
  var loss = 0x1.1p-13;
  var whole: bool;
  if (EVEN) {
    s = terms / last;
    let bits = bitcast<u32>(s.x) | bitcast<u32>(s.y) | bitcast<u32>(last);
    whole = coarse(terms) && (bits & 0xfff) == 0 && all(s * last == terms) && roundsEven();
  } else {
    s = terms * (last * 0x1p20);
    plus += 0.5;
    loss += 3 * last + select(0.0, 1.0, terms.x + terms.y > 4);
    if (ROUNDING >= 2) {
      loss += select(0.0, 1.0, max(max(exponent[0], exponent[1]), exponent[2]) > 0); // shifts that may saturate
    }
    whole = ROUNDING == 0 && ((multiplier[0] | multiplier[1] | multiplier[2]) & 0x7ffff) == 0 && coarse(terms * 0x1p8);
  }
  loss += (s.x * extent(a) + s.y * extent(b)) * 0x1.2p-21;
  if (EVEN) {
    loss = 0.5 - loss;
  }
  loss = select(loss, select(-1.0, 0.5, EVEN), whole && coarse(s) && s.x + s.y < 3.5 && last <= 4);
  s *= signs();
  return Scale(transpose(mat4x4<f32>(s.x * places, s.y * places, plus - a * s.x - b * s.y, vec4<f32>())), loss, vec3<f32>());
}

fn exact(da: f32, db: f32) -> f32 {
  let first = select(da, db, SWAPPED);
  let second = select(db, da, SWAPPED);
  if (ROUNDING >= 4) {
    let terms = addFloat(
      multiplyFloat(bitcast<u32>(first), bitcast<u32>(factor(0))),
      multiplyFloat(bitcast<u32>(second * f32(SIGN)), bitcast<u32>(factor(1))),
    );
    return round(bitcast<f32>(divideFloat(terms, bitcast<u32>(factor(2)))));
  }
  let sum = requantize(i32(first) << 20, multiplier[0], exponent[0]) + SIGN * requantize(i32(second) << 20, multiplier[1], exponent[1]);
  return f32(requantize(sum, multiplier[2], exponent[2]));
}

fn prepared(b: f32, k: vec4<f32>) -> f32 {
  return fma(b, k.y, k.z);
}

fn estimate(a: f32, other: f32, k: vec4<f32>) -> f32 {
  return fma(a, k.x, other);
}
