// #include "lib/divide.wgsl"
// #include "lib/classify.wgsl"

// f32 to integer steps, 4 at a time: rhe(f32(x * f32(1 / s))), clamped to [quantMin - z, quantMax - z]. The zero point
// never enters f32 arithmetic, and the product is not followed by a sum it could be fused with.
// FLOAT_ZERO_POINT: the zero point is no integer (an f32, whose bits are bound) and is added before rounding, steps count
// from 0 and are clamped to [quantMin, quantMax]. A clamp, which f32 needs anyway, keeps product and sum apart.
override FLOAT_ZERO_POINT: bool = false;

struct Quantizer {
  scale: vec4<f32>,
  inverse: vec4<f32>,
  // quantMin - zeroPoint and quantMax - zeroPoint
  low: vec4<f32>,
  high: vec4<f32>,
  // Of FLOAT_ZERO_POINT; else 0.
  zero: vec4<f32>,
}

// The parameters of a thread's channel, or of the four channels of its words: a shader's `scale` and `zeroPoint`.
fn quantizerAt(c: WordChannel, quantMin: i32, quantMax: i32) -> Quantizer {
  let s = vec4<f32>(scale[c.index.x], scale[c.index.y], scale[c.index.z], scale[c.index.w]);
  var inverse = vec4<f32>(reciprocal(s.x));
  if (c.step == 1u) {
    for (var k = 1u; k < 4u; k++) {
      inverse[k] = reciprocal(s[k]);
    }
  }
  let zero = zeroPointAt(c);
  if (FLOAT_ZERO_POINT) {
    return Quantizer(s, inverse, vec4<f32>(f32(quantMin)), vec4<f32>(f32(quantMax)), bitcast<vec4<f32>>(zero));
  }
  return Quantizer(s, inverse, vec4<f32>(quantMin - zero), vec4<f32>(quantMax - zero), vec4<f32>(0.0));
}

fn zeroPointAt(c: WordChannel) -> vec4<i32> {
  return vec4<i32>(zeroPoint[c.index.x], zeroPoint[c.index.y], zeroPoint[c.index.z], zeroPoint[c.index.w]);
}

// Steps before the clamp.
fn stepsOf(q: Quantizer, bits: vec4<u32>) -> vec4<f32> {
  let t = bitcast<vec4<f32>>(bits) * q.inverse;
  if (FLOAT_ZERO_POINT) {
    return round(clamp(t, vec4<f32>(-16777216.0), vec4<f32>(16777216.0)) + q.zero);
  }
  return round(t);
}

// As integers; huge values saturate in f32, before the conversion. NaN gives the lowest.
fn clampedSteps(q: Quantizer, steps: vec4<f32>, bits: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(select(clamp(steps, q.low, q.high), q.low, isNan4(bits)));
}

// What fake quantization makes of x. Through i32: no -0.
fn fakeQuantized(q: Quantizer, bits: vec4<u32>) -> vec4<f32> {
  let steps = vec4<f32>(clampedSteps(q, stepsOf(q, bits), bits));
  if (FLOAT_ZERO_POINT) {
    return (steps - q.zero) * q.scale;
  }
  return steps * q.scale;
}
