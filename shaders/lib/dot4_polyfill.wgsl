// The sum of 4 products of the signed bytes of a and b, without packed_4x8_integer_dot_product. Each product is at most
// 2^14 in magnitude, the sum 2^16.
fn dot4(a: u32, b: u32) -> i32 {
  let shifts = vec4<u32>(24, 16, 8, 0);
  let x = vec4<i32>(vec4<u32>(a) << shifts) >> vec4<u32>(24);
  let y = vec4<i32>(vec4<u32>(b) << shifts) >> vec4<u32>(24);
  return dot(x, y);
}
