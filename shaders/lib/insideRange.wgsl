// What passes of a gradient's bits: all where the steps are inside the range, else the sign alone.
fn insideMask(q: Quantizer, bits: vec4<u32>) -> vec4<u32> {
  let steps = stepsOf(q, bits);
  let inside = (steps >= q.low) & (steps <= q.high) & !isNan4(bits);
  return select(vec4<u32>(0x80000000u), vec4<u32>(0xffffffffu), inside);
}
