requires packed_4x8_integer_dot_product;

// The sum of 4 products of the signed bytes of a and b: the native instruction. lib/dot4_polyfill.wgsl is the same by
// hand, for adapters that lack it or fail the self-test.
fn dot4(a: u32, b: u32) -> i32 {
  return dot4I8Packed(a, b);
}
