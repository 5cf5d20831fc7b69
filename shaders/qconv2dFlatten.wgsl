// Packed weights with the kernel's axes laid out like the rows of qconv2dPatches.wgsl:
//   flat[o, k / 4, lane, k % 4] = weight[o, tap, i / 4, lane, i % 4]      k = tap * ic + i, tap = ky * kw + kx
// weight i8 [oc / 4, kh, kw, ic / 4, 4, 4] -> flat i8 [oc / 4, ceil(kh * kw * ic / 4), 4, 4], one word a thread; 0 past the
// last k.

// #include "lib/index.wgsl"

struct Params {
  words: u32, // of flat
  taps: u32,
  ic: u32,
}

@group(0) @binding(0) var<storage, read> weight: array<u32>;
@group(0) @binding(1) var<storage, read_write> flat: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.words) {
    return;
  }
  let depth = params.taps * params.ic;
  let row = (depth + 3) / 4;
  let icWords = (params.ic + 3) / 4;
  let lane = index % 4;
  let first = index / 4 % row * 4;
  let o = index / 4 / row;
  var word = 0u;
  for (var k = first; k < min(first + 4, depth); k++) {
    let tap = k / params.ic;
    let i = k - tap * params.ic;
    let source = weight[((o * params.taps + tap) * icWords + i / 4) * 4 + lane];
    word |= ((source >> (i % 4 * 8)) & 255) << ((k - first) * 8);
  }
  flat[index] = word;
}
