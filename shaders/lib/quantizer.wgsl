// #include "lib/divide.wgsl"
// #include "lib/classify.wgsl"

// f32 to integer steps: rhe(f32(x * f32(1 / s))), clamped to [quantMin - z, quantMax - z]. The zero point never enters
// f32 arithmetic, and the product is not followed by a sum it could be fused with.
struct Quantizer {
  scale: f32,
  inverse: f32,
  // quantMin - zeroPoint and quantMax - zeroPoint
  low: f32,
  high: f32,
}

fn quantizer(scale: f32, zeroPoint: i32, quantMin: i32, quantMax: i32) -> Quantizer {
  return Quantizer(scale, reciprocal(scale), f32(quantMin - zeroPoint), f32(quantMax - zeroPoint));
}

// Steps from the zero point, as an integer; huge values saturate in f32, before the conversion. NaN gives the lowest.
fn stepsOf(q: Quantizer, bits: u32) -> i32 {
  let steps = clamp(round(bitcast<f32>(bits) * q.inverse), q.low, q.high);
  return i32(select(steps, q.low, isNan(bits)));
}
