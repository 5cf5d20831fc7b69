// Bit tests of f32, for compilers may assume that infinities and NaN do not exist: x != x may be false.

fn isNan(bits: u32) -> bool {
  return (bits & 0x7fffffffu) > 0x7f800000u;
}

fn isNan4(bits: vec4<u32>) -> vec4<bool> {
  return (bits & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}

fn isFinite4(bits: vec4<u32>) -> vec4<bool> {
  return (bits & vec4<u32>(0x7f800000u)) != vec4<u32>(0x7f800000u);
}
