// y = the average of x over each window of bytes, the values of src/ops/qaverage.ts, for lib/qstrips.wgsl: sums of up to 9
// bytes, below 2^12 in magnitude, that f32 operations requantize exactly.
//
// What is wanted is floor(s * M + c), limited, of s = the sum less what zero points add, M = Q * 2^-n with 2^30 <= Q < 2^31,
// and c = 1/2 but for rules that round twice. Of three pieces of Q, which add up to it, M has m0 (the 11 bits above bit 20; 13
// below the point where M >= 1/4), m1 (12 bits more) and m2 (the rest), so that no product has more than 24 bits:
// - u = s * m0 + c and k = floor(u + 1/2) are exact, and e = u - k is within 1/2 of 0;
// - s * m1 is exact and below 0.3, s * m2 is exact and less than 2^-11 of that;
// - e + s * m1 is exact where s * m2 could change its sign, as it has few bits then. What is added last is exact, too, or
//   at least has its sign right.
// So the result is k, or k - 1 where e + s * m1 + s * m2 < 0: floor() of it is 0 or -1. It does not matter which way a device
// rounds, or what it fuses. The three cases beyond this:
// - |s * M| >= 512: only its magnitude matters, and 1 % of error does no harm; M is kept below 2^11, so that numbers stay whole;
// - M < 2^-13: |s * M| < 0.3 gives 0 with any rounding of u;
// - ties of rules half away from zero: then m1 = m2 = 0, and m2 can be any tiny number instead, for its sign.
// Rounding to multiples of 2^exponent before (half up) is a change of c: with a = 2^-exponent, floor((floor(v a + 1/2) + a / 2) / a) =
// floor(v + 1/2 + 1 / 2a); where halves go away from zero, floor(v + 1/2 - 1 / 2a) for negative v. TFLite's average is half away
// of s / count: M is count's reciprocal in 30 bits, rounded up, so that ties are past ties.

// #include "lib/qstrips.wgsl"
// #include "lib/average.wgsl"

// As in lib/requantize.wgsl.
override ROUNDING: u32 = 0;
override RAW = false;
// Windows stick out of the image.
override PADDED = true;
// And some count for less.
override VARYING = false;

@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<uniform> xZeroPoint: i32;
@group(0) @binding(4) var<uniform> yZeroPoint: i32;
@group(0) @binding(5) var<storage, read> multiplier: array<i32>;
@group(0) @binding(6) var<storage, read> exponent: array<i32>;

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32, // strips of a row
  run: u32,
  runs: u32, // of rows
  inside: u32, // so many of them runs of several
  before: u32,
  past: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
  bytes: u32, // channels of a pixel
  flip: u32, // makes bytes unsigned
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;

// Bytes 0 and 2, and 1 and 3.
struct Sum {
  even: i32,
  odd: i32,
}

// What becomes of sums, those of the upper bytes 2^16 times as large.
struct Kept {
  offset: vec2<f32>,
  m0: vec2<f32>,
  m1: vec2<f32>,
  m2: vec2<f32>,
  c: f32,
  cNegative: f32,
  low: f32, // less the zero point
  high: f32,
  middle: f32, // what moves pairs of bytes back
  flip: u32,
}

fn powerOf2(power: i32) -> f32 {
  return bitcast<f32>((power + 127) * 0x800000);
}

fn keptOf(row: u32, column: u32, size: Params) -> Kept {
  let count = rowsOf(row, size).count * columnsOf(column, size).count;
  var q = multiplier[count];
  var e = exponent[count];
  // Where a rule rounds to multiples of 2^e first.
  let before = select(0, powerOf2(e - 1), e < 0 && (ROUNDING == 2 || ROUNDING == 3));
  if (RAW) {
    q = 0x40000000 / i32(select(count, size.divisor, size.divisor != 0)) + 1;
    e = 1;
  }
  let spare = countLeadingZeros(q) - 1;
  q <<= u32(spare);
  e = min(e - spare, 11);
  let shift = clamp(18 - e, 12, 20);
  let rest = q & ((1 << u32(shift)) - 1);
  let lowest = q & ((1 << u32(shift - 12)) - 1);
  let unit = powerOf2(e - 31);
  let m0 = f32(q - rest) * unit;
  let m1 = f32(rest - lowest) * unit;
  let m2 = select(f32(lowest) * unit, 0x1p-40, ROUNDING == 1 && rest == 0);
  let places = vec2<f32>(1, 0x1p-16);
  let zeroOfX = i32(size.flip & 0xff) + select(xZeroPoint, 0, RAW);
  let zero = select(yZeroPoint, 0, RAW);
  let negative = size.quantMin < 0;
  let high = size.quantMax - zero;
  let low = min(select(size.quantMin, max(size.quantMin, yZeroPoint), size.relu == 1) - zero, high);
  return Kept(
    vec2<f32>(-1, -0x1p16) * f32(i32(ROWS * COLUMNS) * zeroOfX),
    select(m0, f32(q) * unit, ROUNDING >= 4 && !RAW) * places,
    m1 * places,
    m2 * places,
    0.5 + before,
    0.5 - before,
    f32(low),
    f32(high),
    f32(low + high + 2 * (zero + select(0, 128, negative))) * 257,
    // 2^24's own bits, and what moves bytes back into i8.
    0x4b800000 ^ select(0u, 0x80808080, negative),
  );
}

fn nextOf(a: Kept, row: u32, column: u32, size: Params) -> Kept {
  var kept = a;
  if (VARYING) {
    kept = keptOf(row, min(column, size.width - 1), size); // past the last nothing comes of it
  }
  return kept;
}

// Of words inside of the image, and what is outside then: zero points, so that all windows have ROWS * COLUMNS of them.
struct Flip {
  inside: u32,
  outside: u32,
}

fn flipOf(size: Params) -> Flip {
  let outside = ((u32(select(xZeroPoint, 0, RAW)) & 0xff) * 0x01010101) ^ size.flip;
  return Flip(size.flip ^ select(0, outside, PADDED), outside);
}

fn tap(at: u32, mask: u32, flip: Flip) -> u32 {
  var word = x[at] ^ flip.inside;
  if (PADDED) {
    word = (word & mask) ^ flip.outside;
  }
  return word;
}

fn split(word: u32) -> Sum {
  return Sum(bitcast<i32>(word & 0x00ff00ff), bitcast<i32>((word >> 8) & 0x00ff00ff));
}

fn joined(a: Sum, b: Sum) -> Sum {
  return Sum(a.even + b.even, a.odd + b.odd);
}

alias Stored = Sum;

fn stored(s: Sum) -> Stored {
  return s;
}

fn restored(s: Stored) -> Sum {
  return s;
}

// Twice what lies between the bounds, less both: no comparison.
fn limited(q: f32, a: Kept) -> f32 {
  return abs(q - a.low) - abs(q - a.high);
}

fn averaged(sum: f32, offset: f32, m0: f32, m1: f32, m2: f32, a: Kept) -> f32 {
  let s = sum + offset;
  var q: f32;
  if (ROUNDING >= 4 && !RAW) {
    q = round(s * m0);
  } else {
    var c = a.c;
    if (ROUNDING == 2) {
      c = select(a.c, a.cNegative, s < 0);
    }
    let u = s * m0 + c;
    let k = floor(u + 0.5);
    q = k + floor(((u - k) + s * m1) + s * m2);
  }
  return limited(q, a);
}

// Whole numbers below 2^23 are the low bits of twice them and 2^24.
fn pairOf(low: f32, high: f32, a: Kept) -> u32 {
  return bitcast<u32>((high * 256 + (low + a.middle)) + 0x1p24);
}

fn finished(s: Sum, a: Kept) -> u32 {
  let byte0 = averaged(f32(s.even & 0xffff), a.offset.x, a.m0.x, a.m1.x, a.m2.x, a);
  let byte1 = averaged(f32(s.odd & 0xffff), a.offset.x, a.m0.x, a.m1.x, a.m2.x, a);
  let byte2 = averaged(f32(s.even & -0x10000), a.offset.y, a.m0.y, a.m1.y, a.m2.y, a);
  let byte3 = averaged(f32(s.odd & -0x10000), a.offset.y, a.m0.y, a.m1.y, a.m2.y, a);
  return pairOf(byte0, byte1, a) ^ (pairOf(byte2, byte3, a) * 0x10000) ^ a.flip;
}
