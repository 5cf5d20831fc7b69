// y[outer, k, inner] = x[outer, index[k], inner], all in words; x has `size` of the axis, y `count`, `inner` words lie behind it.
// With BYTES the axis is the innermost of 8-bit elements, 4 a word, rows begin at whole words, and lanes past the end of y's
// are 0. An index out of range is the nearest one. A thread takes every threads-th word of y.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

struct Params {
  words: u32,
  threads: u32,
  count: u32,
  size: u32,
  inner: u32,
}

override BYTES: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

fn selected(k: u32, size: u32) -> u32 {
  return u32(clamp(index[k], 0, i32(size) - 1));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let p = params; // one load: every use of the uniform would be another
  // Lengths asked for here are not found out again in every round.
  let words = p.words + min(arrayLength(&x) + arrayLength(&y) + arrayLength(&index), 0);
  for (var i = linearIndex(gid, workgroups, 64u); i < words; i += p.threads) {
    if (BYTES) {
      let columns = (p.count + 3u) / 4u;
      let outer = i / columns;
      let first = 4u * (i - outer * columns);
      let row = outer * ((p.size + 3u) / 4u);
      var word = 0u;
      for (var lane = 0u; lane < 4u; lane++) {
        let at = selected(min(first + lane, p.count - 1u), p.size);
        word |= ((x[row + at / 4u] >> (8u * (at & 3u))) & 0xffu) << (8u * lane);
      }
      y[i] = word & laneMask(p.count - first);
    } else {
      let slot = i / p.inner;
      let outer = slot / p.count;
      let at = outer * p.size + selected(slot - outer * p.count, p.size);
      y[i] = x[at * p.inner + i - slot * p.inner];
    }
  }
}
