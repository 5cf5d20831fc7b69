// lib/maxPoolDown.wgsl for windows of 2 or 3 by 2 or 3 pixels: the maxima, and where each window has its first one, as
// src/ops/maxPool2dWinners.ts says: winners [n, rows, width, parts], a byte for each of a part's 4 channels.

@group(0) @binding(3) var<storage, read_write> winners: array<u32>;

override KEEPS_MAXIMA: bool = true; // else nothing is written to y

const BYTES = vec4<u32>(3, 0x300, 0x30000, 0x3000000);

// A column modulo 4, of each channel in its byte of a word.
alias Place = vec4<u32>;

struct Best {
  key: vec4<i32>,
  place: Place,
}

struct Line {
  key: vec4<i32>,
  places: u32, // the bytes together, counted from the window's first column
}

struct Window {
  key: vec4<i32>,
  word: u32,
}

struct Kept {
  part: u32,
  limit: u32, // the image's end in y
  shift: u32, // from pixels of y to those of winners
  mask: u32, // of channels that there are
}

// What the rows of the round's windows count as, where they are the nearest ones in the image.
struct Round {
  first: vec4<u32>,
  second: vec4<u32>,
  third: vec4<u32>,
}

fn keptOf(image: u32, part: u32, size: Params) -> Kept {
  return Kept(
    part,
    (image + 1) * size.height * size.width,
    image * (size.rows - size.height) * size.width,
    vec4<u32>(0x7f, 0x7f7f, 0x7f7f7f, 0x7f7f7f7f)[min(size.channels - 1 - 4 * part, 3)],
  );
}

fn placeOf(column: u32) -> Place {
  return vec4((column & 3) * 0x01010101) & BYTES;
}

// In each byte of a word.
fn repeated(columns: vec4<u32>) -> vec4<u32> {
  return (columns & vec4(3)) * 0x01010101;
}

// `row` is the first of the round's rows.
fn roundOf(row: i32, at: Strip) -> Round {
  let first = row + i32(DOWN) - i32(ROWS);
  let rows = vec3(first) + vec3<i32>(0, 1, 2);
  let counted = repeated(vec4<u32>(vec4(clamp(rows, vec3(at.rows.x), vec3(at.rows.y)) - first, 0)));
  return Round(vec4(counted.x) & BYTES, vec4(counted.y) & BYTES, vec4(counted.z) & BYTES);
}

fn askedBeside() -> u32 {
  return min(arrayLength(&winners), 0);
}

fn keepsMaxima() -> bool {
  return KEEPS_MAXIMA;
}

// Of two NaN the first wins, whatever its bits.
fn bestOf(key: vec4<i32>, place: Place, known: Known) -> Best {
  return Best(max(key, vec4(known.nan)), place);
}

// One by one: between the steps of a vec4 software devices keep its values in memory.
fn placeBy(a: i32, b: i32, first: u32, second: u32) -> u32 {
  return select(first, second, b < a);
}

// Of what lies first and second, of which b wins where it is more: its key is less.
fn places(a: vec4<i32>, b: vec4<i32>, first: vec4<u32>, second: vec4<u32>) -> vec4<u32> {
  return vec4(
    placeBy(a.x, b.x, first.x, second.x),
    placeBy(a.y, b.y, first.y, second.y),
    placeBy(a.z, b.z, first.z, second.z),
    placeBy(a.w, b.w, first.w, second.w),
  );
}

fn joined(a: Best, b: Best) -> Best {
  return Best(min(a.key, b.key), places(a.key, b.key, a.place, b.place));
}

fn wordOf(v: vec4<u32>) -> u32 {
  return (v.x | v.y) | (v.z | v.w);
}

fn lineOf(b: Best, start: u32) -> Line {
  return Line(b.key, (wordOf(b.place) + start) & 0x03030303);
}

// The first of the rows that a window has in this round and before: of two rows, of three, or of this round's alone.
fn ordered(two: Line, three: Line, one: Line) -> Line {
  if (ROWS == DOWN) {
    return one;
  } else if (ROWS == DOWN + 1) {
    return two;
  }
  return three;
}

fn windowOf(o0: Line, o1: Line, o2: Line, o3: Line, new0: Line, new1: Line, round: Round) -> Window {
  let first = ordered(o3, o2, new0);
  let second = ordered(new0, o3, new1);
  var key = min(first.key, second.key);
  var row = places(first.key, second.key, round.first, round.second);
  if (ROWS == 3) {
    let third = ordered(new1, new0, new1);
    row = places(key, third.key, row, round.third);
    key = min(key, third.key);
  }
  return Window(key, wordOf(row) + first.places * 8 + select(0, second.places * 32, DOWN == 2));
}

fn finish(w: Window, pixel: u32, at: Strip, size: Params) {
  winners[(pixel + at.kept.shift) * size.parts + at.kept.part] = w.word & at.kept.mask;
  if (KEEPS_MAXIMA && pixel < at.kept.limit) {
    store(pixel * size.pixelStep + at.part, at.lanes, bitsOfAll(w.key, at.known));
  }
}
