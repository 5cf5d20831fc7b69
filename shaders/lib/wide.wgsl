// Whole numbers of 64 bits as two words, the low one first. Shifts are by 0 to 63 bits.

fn isLess(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

fn plus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2(low, a.y + b.y + u32(low < a.x));
}

fn minus(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return vec2(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

// Shifts by 32 or more move a whole word first; what crosses the words takes two shifts, as one by 32 would be by 0.
fn shiftedLeft(v: vec2<u32>, n: u32) -> vec2<u32> {
  let w = select(v, vec2(0u, v.x), n > 31u);
  let rest = n & 31u;
  return vec2(w.x << rest, (w.y << rest) | ((w.x >> 1u) >> (31u - rest)));
}

fn shiftedRight(v: vec2<u32>, n: u32) -> vec2<u32> {
  let w = select(v, vec2(v.y, 0u), n > 31u);
  let rest = n & 31u;
  return vec2((w.x >> rest) | ((w.y << 1u) << (31u - rest)), w.y >> rest);
}
