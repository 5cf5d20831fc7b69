// Bit tests of f32, for compilers may assume that infinities and NaN do not exist: x != x may be false.

fn isNan(bits: vec4<u32>) -> vec4<bool> {
  return (bits & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}

fn isFinite(bits: vec4<u32>) -> vec4<bool> {
  return (bits & vec4<u32>(0x7f800000u)) != vec4<u32>(0x7f800000u);
}
