// What float kernels can do to their results before they store them.

// max(v, 0) that keeps NaN, by the bits: -0 and all negative numbers down to -Inf are 0x80000000 to 0xff800000. A comparison
// would do on paper, but implementations may assume that there is no NaN.
fn isNegative(bits: u32) -> bool {
  return bits - 0x80000000u <= 0x7f800000u;
}

fn relu(v: f32) -> f32 {
  return select(v, 0.0, isNegative(bitcast<u32>(v)));
}

fn areNegative(bits: vec4<u32>) -> vec4<bool> {
  return bits - vec4(0x80000000u) <= vec4(0x7f800000u);
}

fn reluVec4(v: vec4<f32>) -> vec4<f32> {
  return select(v, vec4<f32>(), areNegative(bitcast<vec4<u32>>(v)));
}

// min(max(v, 0), 6) that keeps NaN, by the bits: 6 to +Inf are 0x40c00000 to 0x7f800000.
fn isSixOrMore(bits: u32) -> bool {
  return bits - 0x40c00000u <= 0x3ec00000u;
}

fn relu6(v: f32) -> f32 {
  return select(relu(v), 6.0, isSixOrMore(bitcast<u32>(v)));
}

fn areSixOrMore(bits: vec4<u32>) -> vec4<bool> {
  return bits - vec4(0x40c00000u) <= vec4(0x3ec00000u);
}

fn relu6Vec4(v: vec4<f32>) -> vec4<f32> {
  return select(reluVec4(v), vec4<f32>(6), areSixOrMore(bitcast<vec4<u32>>(v)));
}

// The activation of a code from `activationCode` in src/ops/activation.ts: 0 none, 1 relu, 2 relu6.
fn activate(v: f32, code: u32) -> f32 {
  return select(v, select(relu(v), relu6(v), code == 2u), code != 0u);
}

fn activateVec4(v: vec4<f32>, code: u32) -> vec4<f32> {
  return select(v, select(reluVec4(v), relu6Vec4(v), code == 2u), code != 0u);
}
