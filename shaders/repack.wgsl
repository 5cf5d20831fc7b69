// y = the same bytes as x, in rows of another length: y's element e (row-major) is x's element e.
// x and y: 8-bit elements, 4 a word along the innermost axis, rows padded to whole words; rows of xInner and of yInner
// elements. One thread writes one word of y; padding lanes are written as 0.
// Source: the storage rule (src/tensor/storage.ts).

// #include "lib/index.wgsl"

struct Params {
  xInner: u32,
  yInner: u32,
  words: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

fn load(element: u32) -> u32 {
  let row = element / params.xInner;
  let lane = element - row * params.xInner;
  let word = x[row * ((params.xInner + 3u) / 4u) + lane / 4u];
  return (word >> (8u * (lane & 3u))) & 0xffu;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.words) {
    return;
  }
  let rowWords = (params.yInner + 3u) / 4u;
  let row = index / rowWords;
  let first = (index - row * rowWords) * 4u;
  var word = 0u;
  for (var lane = 0u; lane < min(4u, params.yInner - first); lane++) {
    word |= load(row * params.yInner + first + lane) << (8u * lane);
  }
  y[index] = word;
}
