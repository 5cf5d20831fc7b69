// 8-bit values four to a word. The last word of a row may hold fewer than 4 values: its padding lanes are written as 0.
// No shifts: software devices shift lane by lane, where they multiply and convert 4 or 8 values at once.

// Mask of the lowest `count` bytes of a word; count >= 1, all of them from 4 on.
fn laneMask(count: u32) -> u32 {
  return select((1u << (8 * min(count, 3u))) - 1, 0xffffffffu, count >= 4);
}

// The 4 signed bytes of a word, lowest first, exactly: masked in place, converted, scaled by a power of two. Bits 7, 15
// and 23 are flipped first, so that the lower three read as value + 128; the top byte has the sign.
fn unpackF32(word: u32) -> vec4<f32> {
  return unpackFlipped(word, 0x00808080u, vec4<f32>(-128, -128, -128, 0));
}

// The same with bits to flip and offsets to add of one's own.
fn unpackFlipped(word: u32, flip: u32, offset: vec4<f32>) -> vec4<f32> {
  let bytes = vec4<u32>(word ^ flip) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000);
  return fma(vec4<f32>(bitcast<vec4<i32>>(bytes)), vec4<f32>(1, 0x1p-8, 0x1p-16, 0x1p-24), offset);
}

fn unpackI8(word: u32) -> vec4<i32> {
  return vec4<i32>(unpackF32(word));
}

// The lowest bytes of 4 values, the first lowest.
fn packI8(q: vec4<i32>) -> u32 {
  return dot(vec4<u32>(q) & vec4<u32>(255), vec4<u32>(1, 0x100, 0x10000, 0x1000000));
}
