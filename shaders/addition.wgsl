// qadd and qsub: y = yZeroPoint + clamp(R2(R0((a - aZeroPoint) << 20) +- R1((b - bZeroPoint) << 20))), Ri = product with
// multiplier[i], exponent[i] rounded by ROUNDING (lib/requantize.wgsl). The float rules: multiplier and exponent hold the
// scales of a, b and y, and y = yZeroPoint + clamp(rhe(f32(f32(f32(da * s_a) +- f32(db * s_b)) / s_y))), in integers.
// Overflow: |a - aZeroPoint| <= 255, so below 2^28 before R0 and R1, which halve it at least: the sum stays below 2^28.

// #include "lib/qpair.wgsl"
// #include "lib/requantize.wgsl"
// #include "lib/addMultiply.wgsl"
// #include "lib/divide.wgsl"

override SIGN: i32 = 1; // of b: -1 subtracts

@group(0) @binding(7) var<storage, read> multiplier: array<i32>;
@group(0) @binding(8) var<storage, read> exponent: array<i32>;

struct Scale {
  // Steps of y that a step of a and one of b are, about.
  a: f32,
  b: f32,
  certain: f32,
}

fn factor(i: u32) -> f32 {
  return f32(multiplier[i]) * powerOf(exponent[i]);
}

// v = da * a + db * b is off by at most 8 roundings of its terms and what v + 0.5 loses of 2^9 steps, each 2^-23: together
// less than (a + b) 2^-12 + 2^-14. The integer rules add what their terms are rounded by, up to 1 each, and for double
// rounding another 1, times the last multiplier. Where terms could saturate, nothing is certain.
fn scaleOf() -> Scale {
  var s = vec2<f32>(factor(0), factor(1));
  let last = factor(2);
  var loss = 0x1p-14;
  if (ROUNDING >= 4) {
    s /= last;
  } else {
    loss += 3 * last + select(0.0, 1.0, s.x + s.y > 4);
    s *= last * 0x1p20;
  }
  return Scale(s.x, s.y * f32(SIGN), 0.5 - loss - (s.x + s.y) * 0x1p-12);
}

fn exact(da: f32, db: f32) -> f32 {
  if (ROUNDING >= 4) {
    let terms = addFloat(
      multiplyFloat(bitcast<u32>(da), bitcast<u32>(factor(0))),
      multiplyFloat(bitcast<u32>(db * f32(SIGN)), bitcast<u32>(factor(1))),
    );
    return round(bitcast<f32>(divideFloat(terms, bitcast<u32>(factor(2)))));
  }
  let terms = requantize(i32(da) << 20, multiplier[0], exponent[0]) + SIGN * requantize(i32(db) << 20, multiplier[1], exponent[1]);
  return f32(requantize(terms, multiplier[2], exponent[2]));
}

fn estimate(s: Scale, da: vec4<f32>, db: vec4<f32>) -> vec4<f32> {
  return fma(da, vec4<f32>(s.a), db * s.b);
}
