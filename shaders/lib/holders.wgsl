// First and past the last window along an axis that spans `at`.
fn holdersOf(at: u32, span: u32, stride: u32, count: u32) -> vec2<u32> {
  let first = select(0u, (at - span) / stride + 1u, at >= span);
  return vec2(first, min(at / stride + 1u, count));
}
