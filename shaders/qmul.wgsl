// qmul: y = yZeroPoint + clamp(R((a - aZeroPoint) * (b - bZeroPoint))), R = product with multiplier and exponent rounded by
// ROUNDING (lib/requantize.wgsl); with UNARY requantize: the same of a - aZeroPoint alone. Overflow: at most 255 * 255 < 2^16
// before R, exact in f32.

// #include "lib/qpair.wgsl"
// #include "lib/requantize.wgsl"

@group(0) @binding(7) var<uniform> multiplier: i32;
@group(0) @binding(8) var<uniform> exponent: i32;

struct Scale {
  factor: f32,
  certain: f32,
}

// v = da * db * factor and v + 0.5 are off by less than 2^-12 in all as far as 2^9, where y's range ends. Double rounding adds
// what is rounded first: half of 2^exponent.
fn scaleOf() -> Scale {
  let factor = f32(multiplier) * powerOf(exponent);
  return Scale(factor, 0.5 - 0x1p-12 - select(0, powerOf(exponent) * 0x1p30, ROUNDING == 2 || ROUNDING == 3));
}

fn estimate(s: Scale, da: vec4<f32>, db: vec4<f32>) -> vec4<f32> {
  return da * db * s.factor;
}

fn exact(da: f32, db: f32) -> f32 {
  return f32(requantize(i32(da * db), multiplier, exponent));
}
