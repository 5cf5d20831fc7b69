// y = act(a op b), f32, a or b broadcast. y's axes are merged where both sides step alike, which leaves RANK of them, at most
// 6: the innermost of `size` elements, sizes size4 to size1 going out, and the outermost, whose size is not needed. a and b step
// by a4..a1 and b4..b1 elements, aOuter and bOuter, 0 along axes that they lack, and along the innermost by A_STEP and B_STEP, 0
// or 1. A thread takes 4 neighbours of a row, chunk `chunk` of `chunks`; past its end the last element is done again. op is
// FUNCTION of lib/binary.wgsl.

// #include "lib/index.wgsl"
// #include "lib/binary.wgsl"

struct Params {
  threads: u32,
  size: u32,
  chunks: u32,
  activation: u32, // see lib/activation.wgsl
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  aOuter: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  bOuter: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
}

override RANK: u32;
override A_STEP: u32;
override B_STEP: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// Offsets in a and b, and the index that is left for the axes further out.
struct Walk {
  rest: u32,
  a: u32,
  b: u32,
}

fn walk(w: Walk, size: u32, stepA: u32, stepB: u32) -> Walk {
  let rest = w.rest / size;
  let i = w.rest - rest * size;
  return Walk(rest, w.a + i * stepA, w.b + i * stepB);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let row = index / params.chunks;
  let chunk = index - row * params.chunks;
  var w = Walk(row, 0u, 0u);
  if (RANK > 2u) {
    w = walk(w, params.size4, params.a4, params.b4);
  }
  if (RANK > 3u) {
    w = walk(w, params.size3, params.a3, params.b3);
  }
  if (RANK > 4u) {
    w = walk(w, params.size2, params.a2, params.b2);
  }
  if (RANK > 5u) {
    w = walk(w, params.size1, params.a1, params.b1);
  }
  w = Walk(0u, w.a + w.rest * params.aOuter, w.b + w.rest * params.bOuter);
  let column = min(vec4(4u * chunk) + vec4(0u, 1u, 2u, 3u), vec4(params.size - 1u));
  var left = vec4(a[w.a]);
  if (A_STEP == 1u) {
    left = vec4(a[w.a + column.x], a[w.a + column.y], a[w.a + column.z], a[w.a + column.w]);
  }
  var right = vec4(b[w.b]);
  if (B_STEP == 1u) {
    right = vec4(b[w.b + column.x], b[w.b + column.y], b[w.b + column.z], b[w.b + column.w]);
  }
  let result = binary(left, right);
  let at = row * params.size + column;
  y[at.x] = result.x;
  y[at.y] = result.y;
  y[at.z] = result.z;
  y[at.w] = result.w;
}
