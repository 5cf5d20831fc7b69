// winners [n, height, width, parts] = where each window has its first maximum, row by row: 4 channels a word, a byte each, of
// its row modulo 16 above its column modulo 16. x f32 bits [n, inHeight, inWidth, channels].

// #include "lib/maximum.wgsl"
// #include "lib/poolDown.wgsl"

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
@group(0) @binding(2) var<storage, read_write> winners: array<u32>;

struct Value {
  rank: vec4<i32>,
  place: vec4<u32>,
}

fn rowPlace(row: u32) -> u32 {
  return (row & 15) * 16;
}

fn columnPlaces(columns: vec4<u32>) -> vec4<u32> {
  return columns & vec4(15);
}

fn tapOf(bits: vec4<u32>, place: u32) -> Value {
  return Value(rankOf(bits), vec4(place));
}

fn joined(a: Value, b: Value) -> Value {
  let isMore = b.rank > a.rank;
  return Value(max(a.rank, b.rank), select(a.place, b.place, isMore));
}

fn finish(pixel: u32, v: Value, at: Strip) {
  winners[pixel * params.parts + at.part] = v.place.x + v.place.y * 0x100 + v.place.z * 0x10000 + v.place.w * 0x1000000;
}
