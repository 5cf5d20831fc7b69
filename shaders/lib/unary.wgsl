// Functions of one number, four at a time, on f32 bits: what passes passes as it is, and NaN stays NaN, whatever a device
// makes of it in comparisons. FUNCTION is an index of `functions` in src/ops/unary.ts; low and high mean what it says there.

// #include "lib/activation.wgsl"
// #include "lib/classify.wgsl"

override FUNCTION: u32;

const RELU = 0u;
const RELU6 = 1u;
const CLAMP = 2u;
const LEAKY_RELU = 3u;
const SIGMOID = 4u;
const HARD_SIGMOID = 5u;

// From the smallest subnormal to +Inf.
fn arePositive(bits: vec4<u32>) -> vec4<bool> {
  return bits - vec4(1u) < vec4(0x7f800000u);
}

// min(max(x + 3, 0), 6) / 6
fn ramp(x: vec4<f32>) -> vec4<f32> {
  return clamp(x + 3.0, vec4(0.0), vec4(6.0)) * (1.0 / 6.0);
}

fn unary(bits: vec4<u32>) -> vec4<u32> {
  let x = bitcast<vec4<f32>>(bits);
  var y = x;
  if (FUNCTION == RELU) {
    return select(bits, vec4(0u), areNegative(bits));
  } else if (FUNCTION == RELU6) {
    return select(select(bits, vec4(0u), areNegative(bits)), vec4(0x40c00000u), areSixOrMore(bits));
  } else if (FUNCTION == LEAKY_RELU) {
    return select(bitcast<vec4<u32>>(x * params.low), bits, arePositive(bits));
  } else if (FUNCTION == CLAMP) {
    y = select(select(x, vec4(params.low), x < vec4(params.low)), vec4(params.high), x > vec4(params.high));
  } else if (FUNCTION == SIGMOID) {
    // exp(-104) is 0 in f32; exp of something positive would overflow.
    let e = exp(-min(abs(x), vec4(104.0)));
    let s = 1.0 / (1.0 + e);
    y = select(s, e * s, x < vec4(0.0));
  } else if (FUNCTION == HARD_SIGMOID) {
    y = ramp(x);
  } else {
    y = select(x * ramp(x), vec4(0.0), x <= vec4(-3.0));
  }
  return select(bitcast<vec4<u32>>(y), bits, isNan4(bits));
}

// dx from dy and from v: the function's output for relu, relu6 and sigmoid, its input for the others.
fn unaryBackward(dy: vec4<u32>, bits: vec4<u32>) -> vec4<u32> {
  let v = bitcast<vec4<f32>>(bits);
  let d = bitcast<vec4<f32>>(dy);
  if (FUNCTION == RELU || FUNCTION == RELU6) {
    let above = areSixOrMore(bits) & vec4<bool>(FUNCTION == RELU6);
    return select(dy, vec4(0u), areNegative(bits) | (bits == vec4(0u)) | above);
  } else if (FUNCTION == CLAMP) {
    return select(vec4(0u), dy, (v >= vec4(params.low)) & (v <= vec4(params.high)) & !isNan4(bits));
  } else if (FUNCTION == LEAKY_RELU) {
    return select(bitcast<vec4<u32>>(d * params.low), dy, arePositive(bits));
  } else if (FUNCTION == SIGMOID) {
    return bitcast<vec4<u32>>(d * (v * (1.0 - v)));
  }
  let inside = (v > vec4(-3.0)) & (v < vec4(3.0));
  if (FUNCTION == HARD_SIGMOID) {
    return select(vec4(0u), bitcast<vec4<u32>>(d * (1.0 / 6.0)), inside & !isNan4(bits));
  }
  let dx = select(select(d * (v / 3.0 + 0.5), d, v >= vec4(3.0)), vec4(0.0), v <= vec4(-3.0));
  return select(bitcast<vec4<u32>>(dx), bits, isNan4(bits));
}
