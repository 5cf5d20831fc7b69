// qmul: y = yZeroPoint + clamp(R((a - aZeroPoint) * (b - bZeroPoint))), R = product with multiplier and exponent rounded by
// ROUNDING (lib/requantize.wgsl). Overflow: at most 255 * 255 < 2^16 before R, exact in f32.

// #include "lib/qpair.wgsl"
// #include "lib/requantize4.wgsl"

@group(0) @binding(7) var<uniform> multiplier: i32;
@group(0) @binding(8) var<uniform> exponent: i32;

alias Scale = Multipliers;

fn scaleOf() -> Scale {
  return multipliers(vec4<i32>(multiplier), vec4<i32>(exponent));
}

fn combine(s: Scale, da: vec4<f32>, db: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(requantize4(vec4<i32>(da * db), s));
}
