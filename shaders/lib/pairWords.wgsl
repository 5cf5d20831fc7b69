// Words of y and of a and b, which are broadcast to its shape: rows of y's innermost axis meet rows of the same length, word
// for word, or rows of one element, which is spread over the word. A thread takes words of one axis, and finds out once where
// that is; src/ops/pairwise.ts lays the grid.

override BROADCAST: bool = false; // a or b is found at other places than y
override UNARY: bool = false; // there is no b
override PADDED: bool = true; // rows of y end inside a word
// A thread meets but one word of this side.
override FIXED_A: bool = false;
override FIXED_B: bool = false;
// Rows of this side have one element.
override SPREAD_A: bool = false;
override SPREAD_B: bool = false;
override AXES: u32 = 1; // of the grid of threads

struct Params {
  threads: u32,
  channels: u32,
  // 0x80808080 for u8 (y: for i8), else 0: see lib/bytes.wgsl.
  aFlip: u32,
  bFlip: u32,
  yFlip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
  // A thread's words are y, a and b words apart, `length` of them, less where they would pass the end of their axis: a word
  // has one of `positions` there, and words are `pitch` of them apart.
  length: u32,
  positions: u32,
  pitch: u32,
  start: u32, // the first position, times the thread's index of the axis `innermost` or else outermost
  innermost: u32,
  column: u32, // by how many columns words are apart
  y: u32,
  a: u32,
  b: u32,
  // The grid of threads, axis 0 innermost; words of y, a and b that they are apart. `Last` is the outermost axis.
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

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<uniform> aZeroPoint: i32;
@group(0) @binding(3) var<uniform> bZeroPoint: i32;
@group(0) @binding(4) var<uniform> yZeroPoint: i32;
@group(0) @binding(5) var<storage, read_write> y: array<u32>;
@group(0) @binding(6) var<uniform> params: Params;

// What a thread knows of its words.
struct Run {
  y: u32,
  a: u32,
  b: u32,
  last: u32, // the number of its last word
  column: u32,
  lastColumn: u32,
  tail: u32, // bytes of the last column that are channels
  flipA: u32, // of Centers
  flipB: u32,
  fixedA: vec4<f32>, // where the bytes stand
  fixedB: vec4<f32>,
}

struct Walk {
  rest: u32, // the index that is left for the axes further out
  y: u32,
  a: u32,
  b: u32,
}

fn along(w: Walk, size: u32, stepY: u32, stepA: u32, stepB: u32) -> Walk {
  let rest = w.rest / size;
  let i = w.rest - rest * size;
  return Walk(rest, w.y + i * stepY, w.a + i * stepA, w.b + i * stepB);
}

fn runOf(index: u32, size: Params, flipA: u32, flipB: u32) -> Run {
  var w = Walk(index, 0, 0, 0);
  if (AXES > 1) {
    w = along(w, size.size0, size.y0, size.a0, size.b0);
  }
  if (AXES > 2) {
    w = along(w, size.size1, size.y1, size.a1, size.b1);
  }
  if (AXES > 3) {
    w = along(w, size.size2, size.y2, size.a2, size.b2);
  }
  if (AXES > 4) {
    w = along(w, size.size3, size.y3, size.a3, size.b3);
  }
  if (AXES > 5) {
    w = along(w, size.size4, size.y4, size.a4, size.b4);
  }
  let outermost = w.rest;
  w = Walk(0, w.y + w.rest * size.yLast, w.a + w.rest * size.aLast, w.b + w.rest * size.bLast);
  var first = outermost;
  if (AXES > 1) {
    first = select(first, index % size.size0, size.innermost == 1);
  }
  let last = min((size.positions - 1 - first * size.start) / size.pitch, size.length - 1);
  let columns = (size.channels + 3) / 4;
  let column = w.y % columns;
  let tail = laneMask(size.channels - (columns - 1) * 4);
  var run = Run(w.y, w.a, w.b, last, column, columns - 1, tail, flipA, flipB, vec4<f32>(), vec4<f32>());
  if (FIXED_A) {
    run.fixedA = standing(wordOfA(0, 0, run, size) ^ flipA);
  }
  if (FIXED_B) {
    run.fixedB = standing(wordOfB(0, 0, run, size) ^ flipB);
  }
  return run;
}

fn spread(word: u32) -> u32 {
  return (word & 0xff) * 0x01010101;
}

// The word for word i of y, which is word `at` of all.
fn wordOfA(at: u32, i: u32, run: Run, size: Params) -> u32 {
  var word: u32;
  if (BROADCAST) {
    word = a[run.a + i * size.a];
  } else {
    word = a[at];
  }
  if (SPREAD_A) {
    word = spread(word);
  }
  return word;
}

fn wordOfB(at: u32, i: u32, run: Run, size: Params) -> u32 {
  var word = 0u;
  if (BROADCAST) {
    word = b[run.b + i * size.b];
  } else if (!UNARY) {
    word = b[at];
  }
  if (SPREAD_B) {
    word = spread(word);
  }
  return word;
}

fn byteOfA(word: u32, mask: u32, fixed: f32) -> f32 {
  if (FIXED_A) {
    return fixed;
  }
  return f32(bitcast<i32>(word & mask));
}

fn byteOfB(word: u32, mask: u32, fixed: f32) -> f32 {
  if (FIXED_B) {
    return fixed;
  }
  return f32(bitcast<i32>(word & mask));
}

// Bytes of word i that are channels.
fn maskOf(i: u32, run: Run, size: Params) -> u32 {
  return select(0xffffffffu, run.tail, run.column + i * size.column == run.lastColumn);
}
