// An op of two packed tensors, word by word: y = zero point + `exact` of a - aZeroPoint and b - bZeroPoint, a whole number,
// clamped. a, b, y i8 or u8. Where the shapes differ, a and b are broadcast: rows of y's innermost axis meet rows of the same
// length, word for word, or rows of one element, which is spread over the word (`splat`). With UNARY, b is 1.
// The including shader binds its multipliers from 7 on and defines Scale and scaleOf, `estimate`, which is v in f32, and
// `exact`. v is near enough that floor(v + 0.5) is exact where it lies less than scale.certain from v.
// A thread takes every threads-th word, at most 32. Words with a value that is not certain are done again in a loop of their
// own, for software devices run the body of a loop once, whether or not a lane enters it.

// #include "lib/index.wgsl"
// #include "lib/bytes.wgsl"

override BROADCAST: bool = false;
override UNARY: bool = false;
override PADDED: bool = true; // rows of y end inside a word

struct Params {
  words: u32,
  threads: u32,
  channels: u32,
  // 0x80808080 for u8 (y: for i8), else 0: see lib/bytes.wgsl.
  aFlip: u32,
  bFlip: u32,
  yFlip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
  // Words of y by axes that are merged where both sides step alike, size0 (not needed) outermost; a and b step by a0..a5 and
  // b0..b5 words. Leading axes that are not there have size 1.
  rank: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  size5: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  a5: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
  b5: u32,
  aSplat: u32,
  bSplat: u32,
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<uniform> aZeroPoint: i32;
@group(0) @binding(3) var<uniform> bZeroPoint: i32;
@group(0) @binding(4) var<uniform> yZeroPoint: i32;
@group(0) @binding(5) var<storage, read_write> y: array<u32>;
@group(0) @binding(6) var<uniform> params: Params;

// Words in a and b, and the index that is left for the axes further out.
struct Pair {
  rest: u32,
  a: u32,
  b: u32,
}

fn along(p: Pair, size: u32, stepA: u32, stepB: u32) -> Pair {
  let rest = p.rest / size;
  let i = p.rest - rest * size;
  return Pair(rest, p.a + i * stepA, p.b + i * stepB);
}

fn pairOf(index: u32) -> Pair {
  if (!BROADCAST) {
    return Pair(0, index, index);
  }
  let p = along(Pair(index, 0, 0), params.size5, params.a5, params.b5);
  if (params.rank <= 2) {
    return Pair(0, p.a + p.rest * params.a4, p.b + p.rest * params.b4);
  }
  var q = along(p, params.size4, params.a4, params.b4);
  q = along(q, params.size3, params.a3, params.b3);
  q = along(q, params.size2, params.a2, params.b2);
  q = along(q, params.size1, params.a1, params.b1);
  return Pair(0, q.a + q.rest * params.a0, q.b + q.rest * params.b0);
}

fn spread(word: u32, splat: u32) -> u32 {
  return select(word, (word & 0xff) * 0x01010101, BROADCAST && splat == 1);
}

// a - aZeroPoint and b - bZeroPoint
struct Steps {
  a: vec4<f32>,
  b: vec4<f32>,
}

fn stepsAt(i: u32, aCenter: Center, bCenter: Center) -> Steps {
  let at = pairOf(i);
  let da = centered(spread(a[at.a], params.aSplat), aCenter);
  if (UNARY) {
    return Steps(da, vec4<f32>(1));
  }
  return Steps(da, centered(spread(b[at.b], params.bSplat), bCenter));
}

fn store(i: u32, q: vec4<f32>, to: Bytes, channels: u32) {
  var word = storedWord(q, to);
  if (PADDED) {
    word &= laneMask(channels - i % ((channels + 3) / 4) * 4);
  }
  y[i] = word;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let words = params.words;
  let threads = params.threads;
  let channels = params.channels;
  let aCenter = centerOf(aZeroPoint, params.aFlip);
  let bCenter = centerOf(bZeroPoint, params.bFlip);
  let to = bytesOf(yZeroPoint, params.relu, params.quantMin, params.quantMax, params.yFlip);
  let scale = scaleOf();
  let first = linearIndex(gid, workgroups, 64);
  var unsure = 0u;
  var bit = 1u;
  for (var i = first; i < words; i += threads) {
    let d = stepsAt(i, aCenter, bCenter);
    let v = estimate(scale, d.a, d.b);
    let q = floor(v + 0.5);
    store(i, q, to, channels);
    unsure |= select(0, bit, any(abs(v - q) > vec4<f32>(scale.certain)));
    bit += bit;
  }
  for (; unsure != 0; unsure &= unsure - 1) {
    let i = first + firstTrailingBit(unsure) * threads;
    let d = stepsAt(i, aCenter, bCenter);
    var q: vec4<f32>;
    for (var lane = 0u; lane < 4; lane++) {
      q[lane] = exact(d.a[lane], d.b[lane]);
    }
    store(i, q, to, channels);
  }
}
