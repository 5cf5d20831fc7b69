// f32 bits as integers whose order is that of the numbers, -0 equal to 0 and NaN above everything: a maximum, and where it
// was first, exactly and on every adapter.

// #include "lib/classify.wgsl"
// #include "lib/order.wgsl"

const LOWEST = -0x7fffffff - 1;

fn rankOf(bits: u32) -> i32 {
  return select(orderOf(withoutNegativeZero(bits)), 0x7fffffff, isNan(bits));
}
