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
