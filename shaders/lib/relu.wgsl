// max(v, 0) that keeps NaN, by the bits: -0 and all negative numbers down to -Inf are 0x80000000 to 0xff800000. A comparison
// would do on paper, but implementations may assume that there is no NaN.
fn isNegative(bits: u32) -> bool {
  return bits - 0x80000000u <= 0x7f800000u;
}

fn relu(v: f32) -> f32 {
  return select(v, 0.0, isNegative(bitcast<u32>(v)));
}
