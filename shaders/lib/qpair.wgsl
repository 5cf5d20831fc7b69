// An op of two packed tensors, word by word: y = zero point + `exact` of a - aZeroPoint and b - bZeroPoint, a whole number,
// clamped. a, b, y i8 or u8; lib/pairWords.wgsl finds their words. With UNARY, b is 1.
// The including shader binds its multipliers from 7 on and defines `estimate`, for a byte of a and one of b where they stand
// in their words: t, about what is to be rounded; and Scale and scaleOf, which say how near it is. Where EVEN, halves go to
// even numbers: t is the value itself, the byte is the zero point + the nearest whole number of t, and that is certain where t
// is within scale.certain of it. Else t is the value + 0.5 + how far the zero point is above the lower bound, the byte is the
// lower bound + floor(t), and that is certain where f (1 - f) >= scale.certain, f = t - floor(t): where t is about as far from
// whole numbers; |t| is below 2^23 then. Without CHECKED, all is certain, and |t| below 2^24 - 2^8 and EVEN.
// A thread makes 4 words at once, 32 times at most. Where one of them is not certain, they are done again in a loop of their
// own, for software devices run the body of a loop once, whether or not a lane enters it; a byte each time, so that it is short.

// #include "lib/index.wgsl"
// #include "lib/bytes.wgsl"
// #include "lib/pairWords.wgsl"

struct Target {
  // Bounds of the byte, from the zero point (EVEN) or the lower bound on: that is then 0.
  low: f32,
  high: f32,
  offset: u32, // what makes two bytes of two Bytes
  flip: u32,
}

// Cheaper than round(). Beyond 2^22 it is another number, by 1 at least.
fn nearestEven(t: f32) -> f32 {
  return f32(bitcast<i32>(t + 0x1.8p23) - 0x4b400000);
}

// `value` is twice the byte less the sum of its bounds: |q - low| - |q - high| limits q without a comparison, which software
// devices are slow at; it is exact up to the |t| above. margin is below 0 where the byte is not certain.
struct Byte {
  value: f32,
  margin: i32,
}

fn byteOf(a: f32, b: f32, k: vec4<f32>, certain: f32, to: Target) -> Byte {
  let t = estimate(a, b, k);
  var q: f32;
  var margin: f32;
  if (EVEN) {
    if (CHECKED) {
      q = nearestEven(t);
    } else {
      q = round(t);
    }
    margin = certain - abs(t - q);
  } else {
    q = floor(t);
    let f = t - q;
    margin = fma(-f, f, f) - certain;
  }
  return Byte(abs(select(q, q - to.low, EVEN)) - abs(q - to.high), bitcast<i32>(margin));
}

// Stores the estimate of word i; below 0 where it is not certain. One byte after the other, for few registers.
fn stored(i: u32, run: Run, size: Params, s: Scale, to: Target) -> i32 {
  let n = min(i, run.last);
  let at = run.y + n * size.y;
  var a = 0u;
  var b = 0u;
  if (!FIXED_A) {
    a = wordOfA(at, n, run, size) ^ run.flipA;
  }
  if (!FIXED_B) {
    b = wordOfB(at, n, run, size) ^ run.flipB;
  }
  let byte0 = byteOf(byteOfA(a, 0xff, run.fixedA.x), byteOfB(b, 0xff, run.fixedB.x), s.bytes[0], s.certain, to);
  let byte1 = byteOf(byteOfA(a, 0xff00, run.fixedA.y), byteOfB(b, 0xff00, run.fixedB.y), s.bytes[1], s.certain, to);
  // Whole numbers below 2^22 are, with 0x1.8p23, the bits of that and themselves, in whichever order a device adds.
  let low = fma(byte1.value, 256, byte0.value) + 0x1.8p23;
  let byte2 = byteOf(byteOfA(a, 0xff0000, run.fixedA.z), byteOfB(b, 0xff0000, run.fixedB.z), s.bytes[2], s.certain, to);
  let byte3 = byteOf(byteOfA(a, 0xff000000, run.fixedA.w), byteOfB(b, 0xff000000, run.fixedB.w), s.bytes[3], s.certain, to);
  let high = fma(byte3.value, 256, byte2.value) + 0x1.8p23;
  var word = (((bitcast<u32>(low) + to.offset) >> 1) | ((bitcast<u32>(high) + to.offset) << 15)) ^ to.flip;
  if (PADDED) {
    word &= maskOf(n, run, size);
  }
  y[at] = word;
  return byte0.margin | byte1.margin | byte2.margin | byte3.margin;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads) {
    return;
  }
  let centerA = centerOf(aZeroPoint, size.aFlip);
  let centerB = centerOf(bZeroPoint, size.bFlip);
  let run = runOf(index, size, centerA.flip, centerB.flip);
  let bytes = bytesOf(yZeroPoint, size.relu, size.quantMin, size.quantMax, size.yFlip);
  let s = scaleOf(centerA.zero, centerB.zero, bytes.zero - bytes.low + 0.5);
  let base = select(bytes.low, bytes.zero, EVEN);
  let to = Target(bytes.low - base, bytes.high - base, u32(bytes.high + bytes.low) * 257 - 0x4b400000, bytes.flip);
  var unsure = 0u;
  var bit = 1u;
  var i = 0u;
  loop {
    let first = stored(i, run, size, s, to) | stored(i + 1, run, size, s, to);
    let margins = first | stored(i + 2, run, size, s, to) | stored(i + 3, run, size, s, to);
    if (CHECKED) {
      unsure |= select(0, bit, margins < 0);
      bit += bit;
    }
    i += 4;
    continuing {
      break if i > run.last; // asked at the end: see below
    }
  }
  if (CHECKED) {
    if (unsure != 0) {
      var k = 0u; // byte of the 4 words
      loop {
        let n = min(firstTrailingBit(unsure | 0x80000000) * 4 + (k >> 2), run.last);
        let shift = 8 * (k & 3);
        let at = run.y + n * size.y;
        let da = centeredAt(wordOfA(at, n, run, size), shift, centerA);
        let db = centeredAt(wordOfB(at, n, run, size), shift, centerB);
        let byte = u32(clamp(exact(da, db) + bytes.zero, bytes.low, bytes.high));
        var word = (y[at] & ~(0xffu << shift)) | (((byte ^ bytes.flip) & 0xff) << shift);
        if (PADDED) {
          word &= maskOf(n, run, size);
        }
        y[at] = word;
        k = (k + 1) & 15;
        unsure = select(unsure & (unsure - 1), unsure, k != 0);
        continuing {
          break if unsure == 0; // software devices run the body of a loop that asks first once more
        }
      }
    }
  }
}
