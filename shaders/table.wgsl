// Functions of one stored integer by a table of 256 bytes: y = table[x - the smallest value of x's type]. x, y of any shape
// with the innermost axis `channels`, 4 values a word. xFlip = 0x80808080 for i8, 0 for u8. A thread takes every threads-th
// word.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

struct Params {
  words: u32,
  threads: u32,
  channels: u32,
  xFlip: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let row = (size.channels + 3) / 4;
  // Lengths asked for here are not found out again in every round.
  let words = size.words + min(arrayLength(&x) + arrayLength(&y) + arrayLength(&table), 0);
  for (var i = linearIndex(gid, workgroups, 64); i < words; i += size.threads) {
    var rest = x[i] ^ size.xFlip;
    var word = 0u;
    for (var lane = 0u; lane < 32; lane += 8) {
      let byte = table[(rest & 0xff) >> 2] >> (8 * (rest & 3));
      word |= (byte & 0xff) << lane;
      rest >>= 8;
    }
    y[i] = word & laneMask(size.channels - i % row * 4);
  }
}
