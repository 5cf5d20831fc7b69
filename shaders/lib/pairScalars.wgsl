// Units of lib/pairWords.wgsl that are words, four a round; past a thread's last one that is done again.

// #include "lib/pairWords.wgsl"

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

const SAME_B = false;
const ROUND = 4u; // units of a round
const WORDS = 1u;
const wordsOfUnit = vec4<u32>();

// 0: lengths that are asked for before a loop are not found out again in every round.
fn asked() -> u32 {
  return min(arrayLength(&a) + arrayLength(&b) + arrayLength(&y), 0);
}

fn unitsOf(i: u32, run: Run) -> vec4<u32> {
  return min(vec4<u32>(0, 1, 2, 3) + i, vec4<u32>(run.last));
}

fn wordsOfA(i: u32, run: Run, size: Params) -> vec4<u32> {
  let p = run.a + unitsOf(i, run) * size.a;
  return vec4<u32>(a[p.x], a[p.y], a[p.z], a[p.w]);
}

fn wordsOfB(i: u32, run: Run, size: Params) -> vec4<u32> {
  let p = run.b + unitsOf(i, run) * size.b;
  return vec4<u32>(b[p.x], b[p.y], b[p.z], b[p.w]);
}

fn store(i: u32, words: vec4<u32>, run: Run, size: Params) {
  let p = run.y + unitsOf(i, run) * size.y;
  y[p.x] = words.x;
  y[p.y] = words.y;
  y[p.z] = words.z;
  y[p.w] = words.w;
}

// Puts these bits in the place of the mask's, of one word of a round.
fn replace(i: u32, word: u32, mask: u32, bits: u32, run: Run, size: Params) {
  let at = run.y + min(i + word, run.last) * size.y;
  y[at] = (y[at] & ~mask) | bits;
}
