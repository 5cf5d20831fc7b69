// y = the average of x over each window of bytes, the values of src/ops/qaverage.ts, for lib/qstrips.wgsl: sums of up to 81
// bytes, below 2^15, that i32 operations requantize exactly.
//
// What is wanted is floor((s * Q + C) / 2^n), limited, of s = the sum less what zero points add, the multiplier Q * 2^-n with
// 2^30 <= Q < 2^31, and C = 2^(n-1) but for rules that round twice. With Q = high * 2^16 + low, and what is added to sums * Q
// in K the same way, that is floor(t / 2^(n-16)), t = sum * high + Khigh + floor((sum * low + Klow) / 2^16), each below 2^31.
// Bits below 2^(n-16) are masked, so that f32 has what is left as it is. Beyond this:
// - n < 22: all but 0 saturates, with n = 22, too, where results are below 2^24, so that f32 has them less a bound, too;
// - n > 46: |s * Q * 2^-n| < 0.498 gives 0; or Q has as many zeros at its end, with which it is shifted down;
// - ties of rules half away from zero: below zero C is one less.
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

// What becomes of sums.
struct Kept {
  offset: i32,
  scale: f32, // of rules in f32
  high: i32, // halves of the multiplier, and of what is added
  low: i32,
  addedHigh: i32,
  addedLow: i32,
  away: i32, // what is added to it below zero
  mask: i32,
  unit: f32,
  least: f32, // less the zero point
  most: f32,
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
  let isDouble = ROUNDING == 2 || ROUNDING == 3;
  let twice = isDouble && e < 0;
  // What an exponent above 0 shifts saturates first: then q is what comes of it, and otherwise no more.
  let bound = select(0x7fffffff, q, isDouble && e > 0);
  let first = e - 1; // where a rule rounds to multiples of 2^e before
  if (RAW) {
    q = 0x40000000 / i32(select(count, size.divisor, size.divisor != 0)) + 1;
    e = 1;
  }
  let spare = countLeadingZeros(q) - 1;
  q <<= u32(spare);
  e = min(e - spare, 9);
  let over = max(-15 - e, 0);
  let n = 31 - e - over;
  let scale = f32(q) * powerOf2(e - 31);
  q >>= u32(min(over, 31));
  let zeroOfX = i32(size.flip & 0xff) + select(xZeroPoint, 0, RAW);
  let zero = select(yZeroPoint, 0, RAW);
  let negative = size.quantMin < 0;
  let high = size.quantMax - zero;
  let low = min(select(size.quantMin, max(size.quantMin, yZeroPoint), size.relu == 1) - zero, high);
  let most = clamp(bound, low, high);
  let least = clamp(-bound, low, high);
  let offset = -i32(ROWS * COLUMNS) * zeroOfX;
  let below = offset * (q & 0xffff);
  // 2^(n + first), of which nothing is left where n was limited.
  let place = n + first - 16;
  let twiceHalf = select(0, 1 << u32(max(place, 0)), twice && place >= 0);
  return Kept(
    offset,
    scale,
    q >> 16,
    q & 0xffff,
    offset * (q >> 16) + (below >> 16) + (1 << u32(n - 17)) + twiceHalf - beyond,
    below & 0xffff,
    -2 * twiceHalf,
    -(1 << u32(n - 16)),
    powerOf2(16 - n),
    f32(least),
    f32(most),
    f32(least + most + 2 * (zero + select(0, 128, negative))) * 257,
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
  return abs(q - a.least) - abs(q - a.most);
}

fn averaged(sum: i32, a: Kept) -> f32 {
  var q: f32;
  if (ROUNDING >= 4 && !RAW) {
    q = round(f32(sum + a.offset) * a.scale);
  } else {
    var high = a.addedHigh;
    var low = a.addedLow;
    if (ROUNDING == 1) {
      low += select(0, -1, sum < -a.offset);
    }
    if (ROUNDING == 2) {
      high += select(0, a.away, sum < -a.offset);
    }
    let t = sum * a.high + high + topOf(sum * a.low + low);
    q = f32(t & a.mask) * a.unit;
  }
  return limited(q, a);
}

// Its upper 16 bits and `beyond`: shifts and conversions to integers are dearer.
const beyond = 0x53400000; // 0x1.8p39, of which 2^16 is the last bit
fn topOf(bits: i32) -> i32 {
  return bitcast<i32>(f32(bits & -0x10000) + 0x1.8p39);
}

// Whole numbers below 2^23 are the low bits of twice them and 2^24.
fn pairOf(low: f32, high: f32, a: Kept) -> u32 {
  return bitcast<u32>((high * 256 + (low + a.middle)) + 0x1p24);
}

fn finished(s: Sum, a: Kept) -> u32 {
  let byte0 = averaged(s.even & 0xffff, a);
  let byte1 = averaged(s.odd & 0xffff, a);
  let byte2 = averaged(topOf(s.even) - beyond, a);
  let byte3 = averaged(topOf(s.odd) - beyond, a);
  return pairOf(byte0, byte1, a) ^ (pairOf(byte2, byte3, a) * 0x10000) ^ a.flip;
}
