// f32 bit patterns as i32 in the same order, so that minima and maxima are exact integers on every adapter. The order has
// -0 just below 0; fromOrder makes it 0.

fn orderOf(bits: u32) -> i32 {
  let b = bitcast<i32>(bits);
  return b ^ ((b >> 31u) & 0x7fffffff);
}

fn withoutNegativeZero(bits: u32) -> u32 {
  return select(bits, 0u, bits == 0x80000000u);
}

fn fromOrder(order: i32) -> u32 {
  return withoutNegativeZero(bitcast<u32>(order ^ ((order >> 31u) & 0x7fffffff)));
}
