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

// A byte of x by its row and its place there.
struct Place {
  row: u32,
  column: u32,
}

fn load(p: Place) -> u32 {
  let word = x[p.row * ((params.xInner + 3u) / 4u) + p.column / 4u];
  return (word >> (8u * (p.column & 3u))) & 0xffu;
}

fn next(p: Place) -> Place {
  let ends = p.column + 1u == params.xInner;
  return Place(select(p.row, p.row + 1u, ends), select(p.column + 1u, 0u, ends));
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
  let element = row * params.yInner + first;
  let xRow = element / params.xInner;
  let p0 = Place(xRow, element - xRow * params.xInner);
  let p1 = next(p0);
  let p2 = next(p1);
  let word = load(p0) | (load(p1) << 8u) | (load(p2) << 16u) | (load(next(p2)) << 24u);
  // Lanes past the end of y's row hold what follows in x.
  let lanes = min(params.yInner - first, 4u);
  y[index] = word & (0xffffffffu >> (32u - 8u * lanes));
}
