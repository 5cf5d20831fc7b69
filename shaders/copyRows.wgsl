// Copies a run of bytes of every row: y[row, yStart + i] = x[row, xStart + i], i < bytes. Rows are xRow and yRow words; of y,
// `count` words from word `first` on are written, 0 outside of the run. With KEEP, bytes before the run stay as they are, so
// that runs can follow each other inside a word. ALIGNED: both starts are whole words. A thread takes every threads-th word.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

override ALIGNED: bool = false;
override KEEP: bool = false;

struct Params {
  words: u32, // rows * count
  threads: u32,
  count: u32,
  first: u32,
  xRow: u32,
  yRow: u32,
  xStart: i32,
  yStart: i32,
  bytes: i32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn lanesBelow(lane: i32) -> u32 {
  return laneMask(u32(max(lane, 0)));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  // Lengths asked for here are not found out again in every round.
  let words = size.words + min(arrayLength(&x) + arrayLength(&y), 0);
  for (var i = linearIndex(gid, workgroups, 64); i < words; i += size.threads) {
    let row = i / size.count;
    let column = size.first + i - row * size.count;
    let to = row * size.yRow + column;
    // Where in the run the word begins; lanes outside of the run are masked, so it does not matter what is read for them.
    let at = i32(column * 4) - size.yStart;
    let source = (size.xStart + at) >> 2u;
    let last = i32(size.xRow) - 1;
    let base = row * size.xRow;
    var word = x[base + u32(clamp(source, 0, last))];
    if (!ALIGNED) {
      let next = x[base + u32(clamp(source + 1, 0, last))];
      let shift = 8 * u32((size.xStart + at) & 3);
      word = select((word >> shift) | (next << (32 - shift)), word, shift == 0);
    }
    word &= lanesBelow(size.bytes - at) & ~lanesBelow(-at);
    if (KEEP) {
      word |= y[to] & lanesBelow(-at);
    }
    y[to] = word;
  }
}
