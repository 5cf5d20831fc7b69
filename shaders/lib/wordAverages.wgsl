// Averages of bytes, 4 words at once: the values of src/ops/qaverage.ts. Needs Params with `bytes` of a pixel, flip, relu,
// quantMin and quantMax; multipliers by count. LARGE: of more pixels than f32 sums of bytes stay exact for.

// #include "lib/lanes.wgsl"
// #include "lib/requantize4.wgsl"

override LARGE = false;
// Windows of up to 256 pixels: two bytes' sums fit into one word.
override HALVES = false;
override RAW = false;

@group(0) @binding(3) var<uniform> xZeroPoint: i32;
@group(0) @binding(4) var<uniform> yZeroPoint: i32;
@group(0) @binding(5) var<storage, read> multiplier: array<i32>;
@group(0) @binding(6) var<storage, read> exponent: array<i32>;

// Sums of the 4 bytes of 4 words: where LARGE as they are, else f32 bits of each byte where it stands; where HALVES, the first
// of the bytes 0 and 2 and the second of byte 1 are integers, until they are `settled`.
struct Value {
  byte0: vec4<i32>,
  byte1: vec4<i32>,
  byte2: vec4<i32>,
  byte3: vec4<i32>,
}

fn nothing() -> Value {
  return Value(vec4<i32>(), vec4<i32>(), vec4<i32>(), vec4<i32>());
}

fn added(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
  if (LARGE) {
    return a + b;
  }
  return bitcast<vec4<i32>>(bitcast<vec4<f32>>(a) + bitcast<vec4<f32>>(b));
}

fn byteOf(words: vec4<u32>, mask: u32, scale: f32) -> vec4<i32> {
  let byte = vec4<f32>(bitcast<vec4<i32>>(words & vec4(mask)));
  if (LARGE) {
    return vec4<i32>(byte * scale);
  }
  return bitcast<vec4<i32>>(byte);
}

fn taken(v: Value, bits: vec4<u32>, mask: u32) -> Value {
  let words = (bits ^ vec4(params.flip)) & vec4(mask);
  if (HALVES) {
    let w = bitcast<vec4<i32>>(words);
    return joined(v, Value(w & vec4(0x00ff00ff), w & vec4(0xff00), vec4<i32>(), byteOf(words, 0xff000000, 1)));
  }
  return joined(
    v,
    Value(
      byteOf(words, 0xff, 1),
      byteOf(words, 0xff00, 0x1p-8),
      byteOf(words, 0xff0000, 0x1p-16),
      byteOf(words, 0xff000000, 0x1p-24),
    ),
  );
}

fn joined(a: Value, b: Value) -> Value {
  if (HALVES) {
    return Value(a.byte0 + b.byte0, a.byte1 + b.byte1, a.byte2, added(a.byte3, b.byte3));
  }
  return Value(added(a.byte0, b.byte0), added(a.byte1, b.byte1), added(a.byte2, b.byte2), added(a.byte3, b.byte3));
}

fn settled(v: Value) -> Value {
  if (!HALVES) {
    return v;
  }
  return Value(
    bitcast<vec4<i32>>(vec4<f32>(v.byte0 & vec4(0xffff))),
    bitcast<vec4<i32>>(vec4<f32>(v.byte1)),
    bitcast<vec4<i32>>(vec4<f32>(bitcast<vec4<u32>>(v.byte0) & vec4(0xffff0000u))),
    v.byte3,
  );
}

// Sums of a byte, less what the zero point of x and flipped bits have added.
fn sumOf(byte: vec4<i32>, scale: f32, offset: i32) -> vec4<i32> {
  return select(vec4<i32>(bitcast<vec4<f32>>(byte) * scale), byte, LARGE) + vec4(offset);
}

// The same in f32: where LARGE only to 24 bits.
fn floatSumOf(byte: vec4<i32>, scale: f32, offset: i32) -> vec4<f32> {
  if (LARGE) {
    return vec4<f32>(sumOf(byte, scale, offset));
  }
  return bitcast<vec4<f32>>(byte) * scale + f32(offset);
}

// What the averages of a thread have in common.
struct Kept {
  offset: i32, // a pixel's, see sumOf, for the lower bytes; 128 more for the top ones
  zero: f32, // of y, moved into 0 .. 255
  low: f32,
  high: f32,
  flip: u32, // moves back
  masks: vec4<u32>, // of bytes that are channels
}

fn keptOf(part: u32, lanes: vec4<u32>, size: Params) -> Kept {
  let moved = select(0, 128, size.quantMin < 0);
  let low = select(size.quantMin, max(size.quantMin, yZeroPoint), size.relu == 1);
  let rest = vec4(size.bytes) - (part * 4 + lanes) * 4;
  return Kept(
    select(0, -128, size.flip == 0x00808080u) - select(xZeroPoint, 0, RAW),
    f32(select(yZeroPoint, 0, RAW) + moved),
    f32(low + moved),
    f32(size.quantMax + moved),
    select(0u, 0x80808080u, size.quantMin < 0),
    vec4(laneMask(rest.x), laneMask(rest.y), laneMask(rest.z), laneMask(rest.w)),
  );
}

// What becomes of the sums of a window.
struct Average {
  offset: vec2<i32>, // of the lower bytes' sums, and of the top ones'
  entry: u32, // of the multipliers
  scale: f32,
  certain: f32, // how far from a whole number a value may be: see lib/requantize4.wgsl
  low: f32,
  high: f32,
  count: i32,
}

// Of `pixels` values that count for `count`.
fn averageOf(pixels: u32, count: u32, entry: u32, kept: Kept) -> Average {
  let m = multiplier[entry];
  let e = exponent[entry];
  let power = powerOf(e);
  // The sums are exact, and |v| <= 256: its two roundings are worth 2^-14 at most, that of v + 0.5 another 2^-15.
  var certain = 0.5 - select(0x1p-13, 0x1p-11, LARGE);
  if (ROUNDING == 2 || ROUNDING == 3) {
    certain -= select(0, power * 0x1p30, e < 0) + select(0.0, 1.0, e > 0);
  }
  // Powers of two multiply exactly, and half up is what floor(v + 0.5) does.
  certain = select(certain, 1, ROUNDING == 0 && (m & (m - 1)) == 0 && !LARGE);
  return Average(
    vec2(kept.offset, kept.offset + 128) * i32(pixels),
    entry,
    f32(m) * power,
    certain,
    kept.low - kept.zero,
    kept.high - kept.zero,
    i32(count),
  );
}

// What is added to the zero point.
fn averaged(byte: vec4<i32>, scale: f32, offset: i32, a: Average) -> vec4<f32> {
  var v: vec4<f32>;
  if (RAW) {
    let sum = sumOf(byte, scale, offset);
    let half = vec4(a.count / 2);
    v = vec4<f32>((sum + select(-half, half, sum > vec4(0))) / vec4(a.count));
  } else {
    v = floatSumOf(byte, scale, offset) * a.scale;
  }
  // clamp() asks for NaN, too.
  let high = select(v, vec4(a.high), v > vec4(a.high));
  return select(high, vec4(a.low), high < vec4(a.low));
}

fn nearest(v: vec4<f32>) -> vec4<f32> {
  if (RAW) {
    return v;
  }
  if (ROUNDING >= 4) {
    return round(v);
  }
  return floor(v + 0.5);
}

// 4 words of 4 bytes, those past the last channel 0.
fn wordsOf(q0: vec4<f32>, q1: vec4<f32>, q2: vec4<f32>, q3: vec4<f32>, kept: Kept) -> vec4<u32> {
  // Whole numbers below 2^23 are the low bits of their sum with 2^23.
  let offset = kept.zero * 257 + 0x1p23;
  let low = bitcast<vec4<u32>>(q1 * 256 + q0 + offset);
  let high = bitcast<vec4<u32>>(q3 * 256 + q2 + offset);
  return (((low & vec4(0xffff)) | (high * 0x10000)) ^ vec4(kept.flip)) & kept.masks;
}

// The words of 4 words' sums, from f32, which is not always enough.
struct Nearest {
  words: vec4<u32>,
  unsure: bool,
}

fn nearestOf(sums: Value, a: Average, kept: Kept) -> Nearest {
  let v = settled(sums);
  let v0 = averaged(v.byte0, 1, a.offset.x, a);
  let v1 = averaged(v.byte1, 0x1p-8, a.offset.x, a);
  let v2 = averaged(v.byte2, 0x1p-16, a.offset.x, a);
  let v3 = averaged(v.byte3, 0x1p-24, a.offset.y, a);
  let q0 = nearest(v0);
  let q1 = nearest(v1);
  let q2 = nearest(v2);
  let q3 = nearest(v3);
  let off = max(max(abs(v0 - q0), abs(v1 - q1)), max(abs(v2 - q2), abs(v3 - q3)));
  return Nearest(wordsOf(q0, q1, q2, q3, kept), ROUNDING < 4 && !RAW && any(off > vec4(a.certain)));
}

fn requantized(byte: vec4<i32>, scale: f32, offset: i32, a: Average) -> vec4<f32> {
  let sum = sumOf(byte, scale, offset);
  var q: vec4<f32>;
  for (var i = 0; i < 4; i++) {
    q[i] = clamp(f32(requantize(sum[i], multiplier[a.entry], exponent[a.entry])), a.low, a.high);
  }
  return q;
}

fn exactOf(sums: Value, a: Average, kept: Kept) -> vec4<u32> {
  let v = settled(sums);
  return wordsOf(
    requantized(v.byte0, 1, a.offset.x, a),
    requantized(v.byte1, 0x1p-8, a.offset.x, a),
    requantized(v.byte2, 0x1p-16, a.offset.x, a),
    requantized(v.byte3, 0x1p-24, a.offset.y, a),
    kept,
  );
}
