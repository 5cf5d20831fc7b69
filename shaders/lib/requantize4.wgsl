// Requantization of 4 accumulators whose results are then clamped to less than 512 in magnitude: the same integers as
// lib/requantize.wgsl, mostly from a few f32 operations.
// v = f32(acc) * f32(multiplier * 2^(exponent - 31)), limited to +-512, is off by three roundings of 2^-23 and v + 0.5 by one
// of 2^-14: less than 2^-11 together, whichever way a device rounds. So floor(v + 0.5) is certain unless v lies within 2^-11
// of a tie; then, 1 time in 1000, the exact form decides.

// #include "lib/requantize.wgsl"

const certain = 0.49951171875; // 1/2 - 2^-11

struct Multipliers {
  multiplier: vec4<i32>,
  exponent: vec4<i32>,
  approximate: vec4<f32>,
}

fn multipliers(multiplier: vec4<i32>, exponent: vec4<i32>) -> Multipliers {
  // 2^(exponent - 31) from its bits: exponents are -31 .. 30.
  let power = bitcast<vec4<f32>>((exponent + 96) * 0x800000);
  return Multipliers(multiplier, exponent, vec4<f32>(multiplier) * power);
}

fn requantize4(acc: vec4<i32>, m: Multipliers) -> vec4<i32> {
  let v = clamp(vec4<f32>(acc) * m.approximate, vec4<f32>(-512), vec4<f32>(512));
  let nearest = floor(v + 0.5);
  var q = vec4<i32>(nearest);
  // A loop that runs at most once: software devices run both sides of an if, but skip a loop that no lane enters.
  for (var unsure = any(abs(v - nearest) > vec4<f32>(certain)); unsure; unsure = false) {
    for (var i = 0u; i < 4; i++) {
      q[i] = clamp(requantize(acc[i], m.multiplier[i], m.exponent[i]), -512, 512);
    }
  }
  return q;
}
