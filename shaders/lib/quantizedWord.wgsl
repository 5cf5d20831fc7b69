// 4 values to a word of 8-bit integers. ROUNDING 0: rhe(f32(x * f32(1 / s))), PyTorch's fake quantization; 1: rhe(f32(x /
// s)), ONNX; 2: half away from zero of f32(x / s), TFLite.

override ROUNDING: u32 = 0u;

fn quantizedWord(q: Quantizer, zero: vec4<i32>, bits: vec4<u32>) -> u32 {
  var steps: vec4<f32>;
  if (ROUNDING == 0u) {
    steps = stepsOf(q, bits);
  } else {
    let t = quotients(q, bits);
    steps = select(roundAway(t), round(t), ROUNDING == 1u);
  }
  let bytes = bitcast<vec4<u32>>(clampedSteps(q, steps, bits) + zero) & vec4<u32>(0xffu);
  return bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
}

fn roundAway(t: vec4<f32>) -> vec4<f32> {
  let whole = floor(abs(t));
  let away = whole + select(vec4<f32>(0.0), vec4<f32>(1.0), abs(t) - whole >= vec4<f32>(0.5));
  return select(away, -away, t < vec4<f32>(0.0));
}

// What rounds like x / s. x * (1 / s) is within 2 ULP of it, which is below 1/512 for up to 2^13 steps: only beside a tie
// (and nowhere beyond any range of integers) can it round differently, and there the quotient is taken exactly.
fn quotients(q: Quantizer, bits: vec4<u32>) -> vec4<f32> {
  var t = bitcast<vec4<f32>>(bits) * q.inverse;
  let magnitude = abs(t);
  let near = (magnitude < vec4<f32>(8192.0)) & (abs(fract(magnitude) - 0.5) < vec4<f32>(0.001953125));
  if (any(near)) {
    for (var k = 0u; k < 4u; k++) {
      if (near[k]) {
        t[k] = bitcast<f32>(divideFloat(bits[k], bitcast<u32>(q.scale[k])));
      }
    }
  }
  return t;
}
