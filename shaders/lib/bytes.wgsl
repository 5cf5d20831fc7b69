// The bytes of a word as exact f32 numbers and back: what SIMD units do fastest.

// #include "lib/lanes.wgsl"

// q - zeroPoint for the 4 bytes of a word of i8 or, flip = 0x80808080, u8.
struct Center {
  flip: u32,
  offset: vec4<f32>,
}

fn centerOf(zeroPoint: i32, flip: u32) -> Center {
  let zero = vec4<i32>(zeroPoint - select(0, 128, flip != 0));
  return Center(flip ^ 0x00808080, vec4<f32>(vec4<i32>(-128, -128, -128, 0) - zero));
}

fn centered(word: u32, c: Center) -> vec4<f32> {
  return unpackFlipped(word, c.flip, c.offset);
}

// Where results go: y's zero point and its clamp bounds, all moved into 0 .. 255.
struct Bytes {
  zero: f32,
  low: f32,
  high: f32,
  flip: u32, // 0x80808080 for i8, 0 for u8
}

fn bytesOf(zeroPoint: i32, relu: u32, quantMin: i32, quantMax: i32, flip: u32) -> Bytes {
  let offset = select(0, 128, flip != 0);
  let low = select(quantMin, max(quantMin, zeroPoint), relu == 1);
  return Bytes(f32(zeroPoint + offset), f32(low + offset), f32(quantMax + offset), flip);
}

// A word of zero point + q, clamped. q whole, of any magnitude.
fn storedWord(q: vec4<f32>, to: Bytes) -> u32 {
  let byte = max(min(q + to.zero, vec4<f32>(to.high)), vec4<f32>(to.low));
  // Whole numbers below 2^23 are the low bits of their sum with 2^23: no conversion, which would check its range.
  let halves = byte.xz + (byte.yw * 256 + 0x1p23);
  return ((bitcast<u32>(halves.x) & 0xffff) | (bitcast<u32>(halves.y) << 16)) ^ to.flip;
}
