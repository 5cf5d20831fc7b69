// f32 bits as integers whose order is that of the numbers, -0 equal to 0 and NaN above everything: a maximum, and where it
// was first, exactly and on every adapter.

const LOWEST = -0x7fffffff - 1;

fn rankOf(bits: vec4<u32>) -> vec4<i32> {
  let magnitude = bits & vec4(0x7fffffffu);
  let signed = bitcast<vec4<i32>>(select(bits, vec4(0x80000000u) - bits, bits != magnitude));
  return select(signed, vec4(0x7fffffff), magnitude > vec4(0x7f800000u));
}
