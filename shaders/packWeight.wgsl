// packWeight: integer weights in the order in which the int8 kernels read them (src/ops/packWeight.ts has the formula).
// w [oc, ...mid, icGroup], 4 values a word along icGroup, padded; y i8 [ceil(oc / 4), ...mid, words, 4, 4], depthwise
// [...mid, oc]; one word of y a thread. Padding lanes of w may hold anything.

// #include "lib/index.wgsl"

struct Params {
  count: u32, // words of y
  oc: u32,
  mid: u32, // product of the middle axes: kh * kw, or 1
  ocGroup: u32,
  icGroup: u32,
  words: u32, // that 4 output channels read at a tap
  last: u32, // the last word of x at which they can begin
}

@group(0) @binding(0) var<storage, read> w: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

override DEPTHWISE: bool = false;
override FLIP: u32 = 0; // 0x80 makes u8 i8

// Output channel o at a tap, the channel of x with this number; 0 where it is not in the channel's group.
fn weightOf(o: u32, tap: u32, channel: u32) -> u32 {
  let i = channel - o / params.ocGroup * params.icGroup;
  if (o >= params.oc || i >= params.icGroup) {
    return 0;
  }
  return ((w[(o * params.mid + tap) * ((params.icGroup + 3) / 4) + i / 4] >> (i % 4 * 8)) & 255) ^ FLIP;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.count) {
    return;
  }
  var word = 0u;
  if (DEPTHWISE) {
    let row = (params.oc + 3) / 4;
    for (var j = 0u; j < 4; j++) {
      let o = index % row * 4 + j;
      word |= weightOf(o, index / row, o) << (8 * j);
    }
  } else {
    let k = index / 4 % params.words;
    let tap = index / 4 / params.words % params.mid;
    let b = index / 4 / params.words / params.mid;
    let first = min(b * 4 / params.ocGroup * params.icGroup / 4, params.last);
    for (var j = 0u; j < 4; j++) {
      word |= weightOf(b * 4 + index % 4, tap, (first + k) * 4 + j) << (8 * j);
    }
  }
  y[index] = word;
}
