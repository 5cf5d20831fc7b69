// dx = the sum of dy over the windows of 2 or 3 by 2 or 3 pixels, 1 or 2 pixels apart, whose first maximum is the pixel, from
// what src/ops/maxPool2dWinners.ts keeps of them: for each column of windows, the sum over those that have their maximum in
// the pixel's row goes to the row's maximum, so that 6 comparisons a channel do for 9 windows. x is dy, f32 bits [n, height,
// width, channels], y dx [n, inHeight, inWidth, channels], winners [n, rows, width, parts]. A thread makes two neighbouring
// rows of dx of up to 4 channels, counted from the padding's corner, along up to `run` columns of windows.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1;
override RIGHT: u32 = 1;

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  rows: u32, // of winners
  pixelStep: u32,
  partStep: u32,
  strips: u32,
  run: u32,
  runs: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> winners: array<u32>;

const ONES = vec4<u32>(1, 0x100, 0x10000, 0x1000000);

// A window that is not there has its maximum in no row.
const NONE = 0x04040404u;

// Rows of windows that hold the thread's pixels, of which `here` is the one that the first row begins.
struct Strip {
  dy: vec4<u32>, // offsets of the rows: here - 2, here - 1, here, here + 1
  words: vec4<u32>,
  none: vec4<u32>,
  rows: vec2<u32>, // offsets of the two in dx
  inside: vec2<bool>,
  part: u32,
  lanes: vec4<u32>,
}

struct Window {
  dy: vec4<f32>,
  word: u32,
  row: vec4<u32>,
}

// What the pixels to come get.
struct Pending {
  next: vec4<f32>,
  after: vec4<f32>,
}

struct Column {
  first: vec4<f32>,
  second: vec4<f32>, // for RIGHT = 2
  pending: Pending,
}

fn windowOf(dy: u32, words: u32, none: u32, at: Strip, size: Params) -> Window {
  let word = winners[words];
  return Window(bitcast<vec4<f32>>(load(dy, at.lanes)), word, vec4(word | none) & (7 * ONES));
}

// One by one: between the steps of a vec4 software devices keep its values in memory.
fn plusOne(sum: f32, dy: f32, at: u32, place: u32) -> f32 {
  return sum + select(0, dy, at == place);
}

fn plus(sum: vec4<f32>, dy: vec4<f32>, at: vec4<u32>, place: vec4<u32>) -> vec4<f32> {
  return vec4(
    plusOne(sum.x, dy.x, at.x, place.x),
    plusOne(sum.y, dy.y, at.y, place.y),
    plusOne(sum.z, dy.z, at.z, place.z),
    plusOne(sum.w, dy.w, at.w, place.w),
  );
}

fn plusRow(sum: vec4<f32>, w: Window, row: u32) -> vec4<f32> {
  return plus(sum, w.dy, w.row, row * ONES);
}

// `unit` = the code of the second column.
fn spread(dy: vec4<f32>, word: u32, unit: u32, p: Pending) -> Column {
  let zero = vec4<f32>();
  let column = vec4(word) & (3 * unit * ONES);
  let one = unit * ONES;
  let two = 2 * unit * ONES;
  let first = plus(p.next, dy, column, vec4<u32>());
  if (RIGHT == 2) {
    return Column(first, plus(zero, dy, column, one), Pending(plus(zero, dy, column, two), zero));
  }
  let next = plus(p.after, dy, column, one);
  if (COLUMNS == 2) {
    return Column(first, zero, Pending(next, zero));
  }
  return Column(first, zero, Pending(next, plus(zero, dy, column, two)));
}

fn ifThree(w: Window) -> vec4<f32> {
  if (ROWS == 3) {
    return plusRow(vec4<f32>(), w, 2);
  }
  return vec4<f32>();
}

fn upper(w0: Window, w1: Window, w2: Window) -> vec4<f32> {
  if (DOWN == 2) {
    return plusRow(ifThree(w1), w2, 0);
  }
  return plusRow(plusRow(ifThree(w0), w1, 1), w2, 0);
}

fn lower(w1: Window, w2: Window, w3: Window, p: Pending) -> Column {
  if (DOWN == 2) {
    return spread(plusRow(vec4<f32>(), w2, 1), w2.word, 32, p);
  }
  return spread(plusRow(plusRow(ifThree(w1), w2, 1), w3, 0), w3.word, 8, p);
}

fn storeColumn(column: u32, isNew: bool, v: vec4<f32>, w: vec4<f32>, at: Strip, size: Params) {
  let isInside = isNew && column < size.inWidth;
  let to = column * size.pixelStep;
  if (isInside && at.inside.x) {
    store(to + at.rows.x, at.lanes, bitcast<vec4<u32>>(v));
  }
  if (isInside && at.inside.y) {
    store(to + at.rows.y, at.lanes, bitcast<vec4<u32>>(w));
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked() + min(arrayLength(&winners), 0)) {
    return;
  }
  let line = index / size.parts;
  let part = index - line * size.parts;
  let chunk = line / size.runs;
  let start = (line - chunk * size.runs) * size.run;
  let image = chunk / size.strips;
  let strip = chunk - image * size.strips;
  let here = vec4((2 / DOWN) * strip) + vec4<u32>(0, 1, 2, 3) - 2; // those before the first wrap
  let row = 2 * strip - size.top;
  let first = part * size.partStep;
  let rows = vec2(row, row + 1);
  let at = Strip(
    (image * size.height + min(here, vec4(size.height - 1))) * size.width * size.pixelStep + first,
    (image * size.rows + min(here, vec4(size.rows - 1))) * size.width * size.parts + part,
    select(vec4(NONE), vec4<u32>(), here < vec4(size.height)),
    (image * size.inHeight + rows) * size.inWidth * size.pixelStep + first,
    rows < vec2(size.inHeight),
    part,
    lanesOf(part),
  );
  let cells = (size.inWidth + size.left + RIGHT - 1) / RIGHT;
  let end = min(start + size.run, cells);
  var x = max(start, COLUMNS - RIGHT) - (COLUMNS - RIGHT);
  var a = Pending();
  var b = Pending();
  loop {
    let column = min(x, size.width - 1);
    let none = at.none | vec4(select(NONE, 0, x < size.width));
    let dy = at.dy + column * size.pixelStep;
    let words = at.words + column * size.parts;
    // What is not used is not read.
    let w0 = windowOf(dy.x, words.x, none.x, at, size);
    let w1 = windowOf(dy.y, words.y, none.y, at, size);
    let w2 = windowOf(dy.z, words.z, none.z, at, size);
    let w3 = windowOf(dy.w, words.w, none.w, at, size);
    let columnA = spread(upper(w0, w1, w2), w2.word, 8, a);
    let columnB = lower(w1, w2, w3, b);
    let to = x * RIGHT - size.left;
    let isNew = x >= start;
    storeColumn(to, isNew, columnA.first, columnB.first, at, size);
    if (RIGHT == 2) {
      storeColumn(to + 1, isNew, columnA.second, columnB.second, at, size);
    }
    a = columnA.pending;
    b = columnB.pending;
    x++;
    continuing {
      break if (x == end);
    }
  }
}
