// Requantization of 4 accumulators whose results are then clamped to less than 512 in magnitude: the same integers as
// lib/requantize.wgsl, mostly from a few f32 operations.
// v = f32(acc) * f32(multiplier * 2^(exponent - 31)), limited to +-512, is off by three roundings of 2^-23 and v + 0.5 by one
// of 2^-14: less than 2^-11 together, whichever way a device rounds. So floor(v + 0.5) is certain unless v lies within 2^-11
// of a tie; then, 1 time in 1000, the exact form decides.
// Rules that round twice first round to a multiple of 2^exponent, where that is below 1: a tie is uncertain for half of it
// more. Where exponent is above 0 their shift may saturate: always the exact form. The float rules are one multiplication and
// one round() anyway.

// #include "lib/requantize.wgsl"

struct Multipliers {
  multiplier: vec4<i32>,
  exponent: vec4<i32>,
  approximate: vec4<f32>,
  certain: vec4<f32>, // how far from a whole number v may be
}

fn multipliers(multiplier: vec4<i32>, exponent: vec4<i32>) -> Multipliers {
  // 2^(exponent - 31) from its bits: exponents are -31 .. 30.
  let power = bitcast<vec4<f32>>((exponent + 96) * 0x800000);
  var certain = vec4<f32>(0.49951171875); // 1/2 - 2^-11
  if (ROUNDING == 2 || ROUNDING == 3) {
    certain -= select(vec4<f32>(), power * 0x1p30, exponent < vec4<i32>()) + select(vec4<f32>(), vec4<f32>(1), exponent > vec4<i32>());
  }
  return Multipliers(multiplier, exponent, vec4<f32>(multiplier) * power, certain);
}

fn requantizeFloat4(t: vec4<f32>, m: Multipliers) -> vec4<i32> {
  return vec4<i32>(clamp(round(t * m.approximate), vec4<f32>(-512), vec4<f32>(512)));
}

// The product, limited, and the whole number next to it.
struct Approximate {
  v: vec4<f32>,
  nearest: vec4<f32>,
}

fn approximate4(acc: vec4<i32>, m: Multipliers) -> Approximate {
  let v = clamp(vec4<f32>(acc) * m.approximate, vec4<f32>(-512), vec4<f32>(512));
  return Approximate(v, floor(v + 0.5));
}

fn exact4(acc: vec4<i32>, m: Multipliers) -> vec4<i32> {
  var q = vec4<i32>();
  for (var i = 0u; i < 4; i++) {
    q[i] = clamp(requantize(acc[i], m.multiplier[i], m.exponent[i]), -512, 512);
  }
  return q;
}

fn requantize4(acc: vec4<i32>, m: Multipliers) -> vec4<i32> {
  if (ROUNDING >= 4) {
    return requantizeFloat4(vec4<f32>(acc), m);
  }
  let a = approximate4(acc, m);
  var q = vec4<i32>(a.nearest);
  // A loop that runs at most once: software devices run both sides of an if, but skip a loop that no lane enters.
  for (var unsure = any(abs(a.v - a.nearest) > m.certain); unsure; unsure = false) {
    q = exact4(acc, m);
  }
  return q;
}

// Four times 4 accumulators by the same multipliers, with one question and one exact form for all.
struct Rows {
  r0: vec4<i32>,
  r1: vec4<i32>,
  r2: vec4<i32>,
  r3: vec4<i32>,
}

fn requantize16(acc: Rows, m: Multipliers) -> Rows {
  if (ROUNDING >= 4) {
    return Rows(requantize4(acc.r0, m), requantize4(acc.r1, m), requantize4(acc.r2, m), requantize4(acc.r3, m));
  }
  let a0 = approximate4(acc.r0, m);
  let a1 = approximate4(acc.r1, m);
  let a2 = approximate4(acc.r2, m);
  let a3 = approximate4(acc.r3, m);
  var q = Rows(vec4<i32>(a0.nearest), vec4<i32>(a1.nearest), vec4<i32>(a2.nearest), vec4<i32>(a3.nearest));
  let off = max(max(abs(a0.v - a0.nearest), abs(a1.v - a1.nearest)), max(abs(a2.v - a2.nearest), abs(a3.v - a3.nearest)));
  for (var unsure = any(off > m.certain); unsure; unsure = false) {
    var left = acc;
    // One after the other, by turning them: code for one is enough.
    for (var i = 0u; i < 4; i++) {
      q = Rows(q.r1, q.r2, q.r3, exact4(left.r0, m));
      left = Rows(left.r1, left.r2, left.r3, left.r0);
    }
  }
  return q;
}
