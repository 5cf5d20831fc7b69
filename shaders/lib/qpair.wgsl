// An op of two packed tensors, word by word: y = zero point + `exact` of a - aZeroPoint and b - bZeroPoint, a whole number,
// clamped. a, b, y i8 or u8. Their words come from lib/pairVectors.wgsl or lib/pairScalars.wgsl.
// The including shader binds its multipliers at 7 and 8 and defines `Scale` and `scaleOf`, which say what is near `exact` and
// how near: for a byte of b where it stands in its word `prepared`, and for that and one of a `estimate`, t. With q how far the
// byte is above the lower bound, before it is limited, and `shift` how far the zero point is:
// - Where EVEN, halves go to even numbers, and `nearestEven` makes q of t. CHECKED: t is about q, and q is certain where they are
//   within scale.certain of each other. Otherwise all is certain, and |t| below 2^24 - 2^8.
// - Else t is about q + 0.5, q = floor(t), and that is certain where f (1 - f) >= scale.certain, f = t - q: where t is about as
//   far from whole numbers; |t| is below 2^23 then. `settled` makes q of floor(t) where a rule rounds again.
// A thread takes four words a round, 32 rounds at most. Words that are not certain are done again in a loop of their own, for
// software devices run the body of a loop once, whether or not a lane enters it; a byte each time, so that it is short.

// #include "lib/index.wgsl"
// #include "lib/bytes.wgsl"

override PADDED: bool = true; // rows of y end inside a word
// Rows of this side have one element, which is spread over their words.
override SPREAD_A: bool = false;
override SPREAD_B: bool = false;

struct Params {
  threads: u32,
  // 0x80808080 for u8 (y: for i8), else 0: see lib/bytes.wgsl.
  aFlip: u32,
  bFlip: u32,
  yFlip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
  // Of lib/pairWords.wgsl.
  columns: u32,
  tail: u32,
  aColumn: u32,
  bColumn: u32,
  aRow: u32,
  bRow: u32,
  rows: u32,
  length: u32,
  positions: u32,
  pitch: u32,
  start: u32,
  innermost: u32,
  column: u32,
  y: u32,
  a: u32,
  b: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  y0: u32,
  y1: u32,
  y2: u32,
  y3: u32,
  y4: u32,
  yLast: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  aLast: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
  bLast: u32,
}

@group(0) @binding(3) var<uniform> aZeroPoint: i32;
@group(0) @binding(4) var<uniform> bZeroPoint: i32;
@group(0) @binding(5) var<uniform> yZeroPoint: i32;
@group(0) @binding(6) var<uniform> params: Params;

// The byte is the lower bound + q, 0 <= q <= high.
struct Target {
  high: f32,
  shift: f32, // how far the zero point is above the lower bound
  odd: f32, // 1 where the sum of the bounds is odd
  offset: u32, // what makes a word of the bits of its halves
  flip: u32,
}

// The byte of a word where it stands.
fn placed(word: u32, mask: u32) -> f32 {
  return f32(bitcast<i32>(word & mask));
}

// `limited` is 2 q - high with q limited, |q| - |q - high|: no comparison, which software devices are slow at; it is exact below
// 2^24 - 2^8. margin is below 0 where the byte is not certain.
struct Byte {
  limited: f32,
  margin: i32,
}

fn byteOf(a: f32, b: f32, known: f32, k: vec4<f32>, s: Scale, to: Target) -> Byte {
  var other = known;
  if (!(FIXED_B || SAME_B)) {
    other = prepared(b, k);
  }
  let t = estimate(a, other, k);
  var q: f32;
  var margin = 0.0;
  if (EVEN) {
    q = nearestEven(t, k, to);
    if (CHECKED) {
      margin = s.certain - abs(t - q);
    }
  } else {
    q = floor(t);
    let f = t - q;
    margin = f - f * f - s.certain;
    q = settled(q, s.again);
  }
  return Byte(abs(q) - abs(q - to.high), bitcast<i32>(margin));
}

struct Word {
  bits: u32,
  margin: i32,
}

// One byte after the other, for few registers. Whole numbers below 2^22 are, with 0x1.8p23, the bits of that and themselves, in
// whichever order a device adds.
fn wordOf(a: u32, b: u32, known: vec4<f32>, s: Scale, to: Target) -> Word {
  let byte0 = byteOf(placed(a, 0xff), placed(b, 0xff), known.x, s.bytes[0], s, to);
  let byte1 = byteOf(placed(a, 0xff00), placed(b, 0xff00), known.y, s.bytes[1], s, to);
  let low = fma(fma(byte1.limited, 256, byte0.limited + to.odd), 0.5, 0x1.8p23);
  let byte2 = byteOf(placed(a, 0xff0000), placed(b, 0xff0000), known.z, s.bytes[2], s, to);
  let byte3 = byteOf(placed(a, 0xff000000), placed(b, 0xff000000), known.w, s.bytes[3], s, to);
  let high = fma(fma(byte3.limited, 256, byte2.limited + to.odd), 0.5, 0x1.8p23);
  let bits = (bitcast<u32>(low) + bitcast<u32>(high) * 0x10000 + to.offset) ^ to.flip;
  return Word(bits, byte0.margin | byte1.margin | byte2.margin | byte3.margin);
}

// What is known of b's bytes before those of a.
fn knownOf(b: u32, s: Scale) -> vec4<f32> {
  let q = standing(b);
  return vec4<f32>(prepared(q.x, s.bytes[0]), prepared(q.y, s.bytes[1]), prepared(q.z, s.bytes[2]), prepared(q.w, s.bytes[3]));
}

// Rows that have one element: it is the lowest byte of their words.
fn spread(words: vec4<u32>) -> vec4<u32> {
  return (words & vec4<u32>(0xff)) * 0x01010101;
}

// Bytes of a round that are channels.
fn lanesOf(i: u32, run: Run, size: Params) -> vec4<u32> {
  let column = run.column + unitsOf(i, run) * size.column;
  return select(vec4<u32>(0xffffffff), vec4<u32>(size.tail), column == vec4<u32>(size.columns - 1));
}

fn bytesOfA(i: u32, run: Run, size: Params) -> vec4<u32> {
  let words = wordsOfA(i, run, size);
  if (SPREAD_A) {
    return spread(words);
  }
  return words;
}

fn bytesOfB(i: u32, run: Run, size: Params) -> vec4<u32> {
  let words = wordsOfB(i, run, size);
  if (SPREAD_B) {
    return spread(words);
  }
  return words;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked()) {
    return;
  }
  let centerA = centerOf(aZeroPoint, size.aFlip);
  let centerB = centerOf(bZeroPoint, size.bFlip);
  let run = runOf(index, size);
  let bytes = bytesOf(yZeroPoint, size.relu, size.quantMin, size.quantMax, size.yFlip);
  let shift = bytes.zero - bytes.low;
  let s = scaleOf(centerA.zero, centerB.zero, shift);
  // Halves are 0x4b400000 + (l - 257 (low + high) + odd) / 2 with l the bytes, twice.
  let sum = u32(bytes.low + bytes.high);
  let odd = sum & 1;
  let offset = ((sum * 257 - odd) / 2 - 0x4b400000) * 0x10001;
  let to = Target(bytes.high - bytes.low, shift, f32(odd), offset, bytes.flip);
  var known = mat4x4<f32>();
  if (FIXED_B) {
    let b = bytesOfB(0, run, size) ^ vec4<u32>(centerB.flip);
    known = mat4x4<f32>(knownOf(b.x, s), knownOf(b.y, s), knownOf(b.z, s), knownOf(b.w, s));
  }
  var unsure = vec4<u32>();
  var bit = 1u;
  var i = 0u;
  loop {
    let a = bytesOfA(i, run, size) ^ vec4<u32>(centerA.flip);
    var b = vec4<u32>();
    if (!FIXED_B) {
      b = bytesOfB(i, run, size) ^ vec4<u32>(centerB.flip);
    }
    if (SAME_B && !FIXED_B) {
      let ofAll = knownOf(b.x, s);
      known = mat4x4<f32>(ofAll, ofAll, ofAll, ofAll);
    }
    let x = wordOf(a.x, b.x, known[0], s, to);
    let y = wordOf(a.y, b.y, known[1], s, to);
    let z = wordOf(a.z, b.z, known[2], s, to);
    let w = wordOf(a.w, b.w, known[3], s, to);
    var words = vec4<u32>(x.bits, y.bits, z.bits, w.bits);
    if (PADDED) {
      words &= lanesOf(i, run, size);
    }
    store(i, words, run, size);
    if (CHECKED) {
      unsure |= select(vec4<u32>(), vec4<u32>(bit), vec4<i32>(x.margin, y.margin, z.margin, w.margin) < vec4<i32>());
      bit += bit;
    }
    i += ROUND;
    continuing {
      break if i > run.last; // asked at the end: see below
    }
  }
  if (CHECKED) {
    if (any(unsure != vec4<u32>())) {
      var k = 0u; // byte of the word
      loop {
        // The first word that has a round to be done again, and that round.
        let word = select(select(select(3u, 2u, unsure.z != 0), 1u, unsure.y != 0), 0u, unsure.x != 0);
        let rounds = unsure[word];
        let i = firstTrailingBit(rounds | 0x80000000) * ROUND;
        let shift = 8 * k;
        let da = centeredAt(bytesOfA(i, run, size)[word], shift, centerA);
        let db = centeredAt(bytesOfB(i, run, size)[word], shift, centerB);
        let byte = (u32(clamp(exact(da, db) + bytes.zero, bytes.low, bytes.high)) ^ bytes.flip) & 0xff;
        var lanes = 0xffffffffu;
        if (PADDED) {
          lanes = lanesOf(i, run, size)[word];
        }
        replace(i, word, 0xffu << shift, (byte << shift) & lanes, run, size);
        k = (k + 1) & 3;
        let done = select(0u, rounds & (0 - rounds), k == 0);
        unsure &= ~select(vec4<u32>(), vec4<u32>(done), vec4<u32>(word) == vec4<u32>(0, 1, 2, 3));
        continuing {
          break if all(unsure == vec4<u32>()); // software devices run the body of a loop that asks first once more
        }
      }
    }
  }
}
