// The bytes of a word as exact f32 numbers where they stand, and back: what SIMD units do fastest.

// #include "lib/lanes.wgsl"

const places = vec4<f32>(1, 0x1p-8, 0x1p-16, 0x1p-24);

// For the 4 bytes of a word of i8 or, flip = 0x80808080, u8: bits that make the lower three unsigned and the top one signed,
// and what their zero point is then.
struct Center {
  flip: u32,
  zero: vec4<f32>,
}

fn centerOf(zeroPoint: i32, flip: u32) -> Center {
  let zero = f32(zeroPoint + select(128, 0, flip != 0));
  return Center(flip ^ 0x00808080, vec4<f32>(zero, zero, zero, zero - 128));
}

// The bytes of a flipped word times 1, 2^8, 2^16 and 2^24: masked and converted, no more.
fn standing(word: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(word) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000)));
}

// The byte `shift` bits up, less the zero point.
fn centeredAt(word: u32, shift: u32, c: Center) -> f32 {
  return f32(((word ^ c.flip ^ 0x80000000) >> shift) & 0xff) - c.zero.x;
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
