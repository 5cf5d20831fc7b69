// y[n, oy, ox, c] = the maximum of x over 2 x 2 pixels at (2 oy, 2 ox), NaN wins: the pool that most nets have, without
// padding and without loops. x f32 bits [n, 2 height (+ 1), inWidth, 4 * parts], y [n, height, width, 4 * parts].
// One thread takes a vec4 of a pixel.

// #include "lib/index.wgsl"
// #include "lib/maximum.wgsl"
// #include "lib/pairs.wgsl"

struct Params {
  threads: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let at = pairOf(index);
  let a = x[at.top];
  let b = x[at.top + params.parts];
  let c = x[at.bottom];
  let d = x[at.bottom + params.parts];
  let rankA = rankOf(a);
  let rankB = rankOf(b);
  let rankC = rankOf(c);
  let rankD = rankOf(d);
  let upper = select(a, b, rankB > rankA);
  let lower = select(c, d, rankD > rankC);
  y[index] = select(upper, lower, max(rankC, rankD) > max(rankA, rankB));
}
