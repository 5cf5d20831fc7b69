// dx = the sum of dy over the windows whose first maximum is the pixel, row by row. dy f32 bits [n, height, width, channels], winners as
// lib/poolWinners.wgsl makes them, dx f32 bits [n, inHeight, inWidth, channels].

// #include "lib/poolSpread.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
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

// A place in each of a word's bytes.
const BYTES = vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000);

struct Window {
  dy: vec4<f32>,
  place: vec4<u32>,
}

struct Row {
  a: Window,
  b: Window,
  c: Window,
  d: Window,
}

struct Places {
  a: vec4<u32>,
  b: vec4<u32>,
}

alias Kept = u32; // nothing

fn keptOf(columns: vec4<u32>, size: Params) -> Kept {
  return 0;
}

fn windowOf(line: Line, column: u32, mask: u32, at: Strip, size: Params) -> Window {
  let word = winners[(line.start + column) * size.parts + at.part];
  return Window(bitcast<vec4<f32>>(bitsOf(line, column, mask, at, size)), vec4(word) & BYTES);
}

fn rowOf(row: u32, at: Strip, size: Params) -> Row {
  let line = lineOf(row, at, size);
  // What is not used is not read.
  return Row(
    windowOf(line, at.columns.x, at.masks.x, at, size),
    windowOf(line, at.columns.y, at.masks.y, at, size),
    windowOf(line, at.columns.z, at.masks.z, at, size),
    windowOf(line, at.columns.w, at.masks.w, at, size),
  );
}

fn placeOf(row: u32, column: u32) -> Places {
  let place = (row & 15) * 16 + (vec2(column, column + 1) & vec2(15));
  return Places(vec4(place.x * 0x01010101) & BYTES, vec4(place.y * 0x01010101) & BYTES);
}

// One by one: between the steps of a vec4 software devices keep its values in memory.
fn plusOne(sum: f32, dy: f32, at: u32, place: u32) -> f32 {
  return sum + select(0, dy, at == place);
}

fn plus(sum: vec4<f32>, w: Window, place: vec4<u32>) -> vec4<f32> {
  return vec4(
    plusOne(sum.x, w.dy.x, w.place.x, place.x),
    plusOne(sum.y, w.dy.y, w.place.y, place.y),
    plusOne(sum.z, w.dy.z, w.place.z, place.z),
    plusOne(sum.w, w.dy.w, w.place.w, place.w),
  );
}

// Without a `var`, which software devices keep in memory.
fn gathered(sum: Pair, row: Row, place: Places) -> Pair {
  let isWide = COLUMNS - RIGHT == 2;
  let a = select(sum.a, plus(sum.a, row.a, place.a), isWide);
  let b = select(sum.b, plus(sum.b, row.b, place.b), isWide);
  let c = plus(b, row.c, place.b);
  return Pair(
    plus(select(a, plus(a, row.b, place.a), COLUMNS > RIGHT), row.c, place.a),
    select(c, plus(c, row.d, place.b), RIGHT == 1),
  );
}
