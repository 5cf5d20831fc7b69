// Units of lib/pairWords.wgsl that are vec4s, one a round. A side that lacks an axis may have none: its words are then loaded
// from where they are.

// #include "lib/pairWords.wgsl"

override UNITS_A: bool = true;
override UNITS_B: bool = true;
// The words of a unit are one.
override SAME_A: bool = false;
override SAME_B: bool = false;

@group(0) @binding(0) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read> aWords: array<u32>;
@group(0) @binding(10) var<storage, read> bWords: array<u32>;

const ROUND = 1u; // units of a round
const WORDS = 4u;
const wordsOfUnit = vec4<u32>(0, 1, 2, 3);

// 0: see lib/pairScalars.wgsl.
fn asked() -> u32 {
  var length = min(arrayLength(&y), 0);
  if (UNITS_A) {
    length += min(arrayLength(&a), 0);
  } else {
    length += min(arrayLength(&aWords), 0);
  }
  if (UNITS_B) {
    length += min(arrayLength(&b), 0);
  } else {
    length += min(arrayLength(&bWords), 0);
  }
  return length;
}

fn unitsOf(i: u32, run: Run) -> vec4<u32> {
  return vec4<u32>(i);
}

fn wordsOfA(i: u32, run: Run, size: Params) -> vec4<u32> {
  let at = run.a + i * size.a;
  if (UNITS_A) {
    return a[at];
  }
  if (SAME_A) {
    return vec4<u32>(aWords[at]);
  }
  let p = run.offsetA + at;
  return vec4<u32>(aWords[p.x], aWords[p.y], aWords[p.z], aWords[p.w]);
}

fn wordsOfB(i: u32, run: Run, size: Params) -> vec4<u32> {
  let at = run.b + i * size.b;
  if (UNITS_B) {
    return b[at];
  }
  if (SAME_B) {
    return vec4<u32>(bWords[at]);
  }
  let p = run.offsetB + at;
  return vec4<u32>(bWords[p.x], bWords[p.y], bWords[p.z], bWords[p.w]);
}

fn store(i: u32, words: vec4<u32>, run: Run, size: Params) {
  y[run.y + i * size.y] = words;
}

// Puts these bits in the place of the mask's, of one word of a round.
fn replace(i: u32, word: u32, mask: u32, bits: u32, run: Run, size: Params) {
  let at = run.y + i * size.y;
  y[at][word] = (y[at][word] & ~mask) | bits;
}
