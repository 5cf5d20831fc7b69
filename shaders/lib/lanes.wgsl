// 8-bit values four to a word. The last word of a row may hold fewer than 4 values: its padding lanes are written as 0.

// Mask of the lowest `count` bytes of a word; count >= 1, all of them from 4 on.
fn laneMask(count: u32) -> u32 {
  return select((1u << (8 * min(count, 3u))) - 1, 0xffffffffu, count >= 4);
}

// The 4 signed bytes of a word, lowest first.
fn unpackI8(word: u32) -> vec4<i32> {
  return vec4<i32>(vec4<u32>(word) << vec4<u32>(24, 16, 8, 0)) >> vec4<u32>(24);
}

// The lowest bytes of 4 values, the first lowest.
fn packI8(q: vec4<i32>) -> u32 {
  let bytes = vec4<u32>(q) & vec4<u32>(255);
  return bytes.x | (bytes.y << 8) | (bytes.z << 16) | (bytes.w << 24);
}
