// qclamp, qrelu, qrelu6: y = min(max(x, low), high), of stored integers; without CLAMP_HIGH max(x, low) alone. x, y of any
// shape with the innermost axis `channels`, 4 values a word, compared where they stand. flip = 0x80808080 makes i8 unsigned
// in the same order, 0 leaves u8 as it is. A thread takes every threads-th word.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

override CLAMP_HIGH: bool = true;

struct Params {
  words: u32,
  threads: u32,
  channels: u32,
  flip: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> low: i32;
@group(0) @binding(3) var<uniform> high: i32;
@group(0) @binding(4) var<uniform> params: Params;

const masks = vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000);

// A bound in each of the 4 places; beyond the range of x it is the range's end.
fn placed(bound: i32, flip: u32) -> vec4<u32> {
  let byte = clamp(bound + select(0, 128, flip != 0), 0, 255);
  return vec4<u32>(u32(byte) * 0x01010101) & masks;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let row = (size.channels + 3) / 4;
  let least = placed(low, size.flip);
  let most = placed(high, size.flip);
  // Lengths asked for here are not found out again in every round.
  let words = size.words + min(arrayLength(&x) + arrayLength(&y), 0);
  for (var i = linearIndex(gid, workgroups, 64); i < words; i += size.threads) {
    var q = max(vec4<u32>(x[i] ^ size.flip) & masks, least);
    if (CLAMP_HIGH) {
      q = min(q, most);
    }
    y[i] = ((q.x | q.y | q.z | q.w) ^ size.flip) & laneMask(size.channels - i % row * 4);
  }
}
