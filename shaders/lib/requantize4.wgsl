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

// 2^(exponent - 31) from its bits: exponents are -31 .. 30.
fn powers(exponent: vec4<i32>) -> vec4<f32> {
  return bitcast<vec4<f32>>((exponent + 96) * 0x800000);
}

// How far rules that round twice may move a number first; 1, and so anywhere, where they may saturate.
fn roundedBefore(exponent: vec4<i32>) -> vec4<f32> {
  if (ROUNDING == 2 || ROUNDING == 3) {
    return select(select(vec4<f32>(), vec4<f32>(1), exponent > vec4<i32>()), powers(exponent) * 0x1p30, exponent < vec4<i32>());
  }
  return vec4<f32>();
}

fn multipliers(multiplier: vec4<i32>, exponent: vec4<i32>) -> Multipliers {
  let certain = 0.49951171875 - roundedBefore(exponent); // 1/2 - 2^-11
  return Multipliers(multiplier, exponent, vec4<f32>(multiplier) * powers(exponent), certain);
}

fn requantizeFloat4(t: vec4<f32>, m: Multipliers) -> vec4<i32> {
  return vec4<i32>(clamp(round(t * m.approximate), vec4<f32>(-512), vec4<f32>(512)));
}

fn exact4(acc: vec4<i32>, m: Multipliers) -> vec4<i32> {
  var q = vec4<i32>();
  var i = 0u;
  // Asked at the end, for software devices run a body once more than a loop that asks first lets them.
  loop {
    q[i] = clamp(requantize(acc[i], m.multiplier[i], m.exponent[i]), -512, 512);
    i++;
    continuing {
      break if i == 4;
    }
  }
  return q;
}

fn requantize4(acc: vec4<i32>, m: Multipliers) -> vec4<i32> {
  if (ROUNDING >= 4) {
    return requantizeFloat4(vec4<f32>(acc), m);
  }
  let v = clamp(vec4<f32>(acc) * m.approximate, vec4<f32>(-512), vec4<f32>(512));
  let nearest = floor(v + 0.5);
  var q = vec4<i32>(nearest);
  // A loop that runs at most once: on software devices it costs no more than an if, whose two sides are both run.
  for (var unsure = any(abs(v - nearest) > m.certain); unsure; unsure = false) {
    q = exact4(acc, m);
  }
  return q;
}
