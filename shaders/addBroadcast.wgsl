// y = act(a + b), f32, a or b broadcast. y's axes are merged where both sides step alike, which leaves at most 6, sizes
// size0 (the outermost, not needed) to size5; a and b step by a0..a5 and b0..b5 elements, 0 along axes that they lack.
// Leading axes that are not there have size 1. One thread an element.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  elements: u32,
  rank: u32,
  activation: u32, // see lib/activation.wgsl
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  size5: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  a5: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
  b5: u32,
}

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
  if (index >= params.elements) {
    return;
  }
  var w = walk(Walk(index, 0u, 0u), params.size5, params.a5, params.b5);
  if (params.rank > 2u) {
    w = walk(w, params.size4, params.a4, params.b4);
    w = walk(w, params.size3, params.a3, params.b3);
    w = walk(w, params.size2, params.a2, params.b2);
    w = walk(w, params.size1, params.a1, params.b1);
    w = Walk(0u, w.a + w.rest * params.a0, w.b + w.rest * params.b0);
  } else {
    w = Walk(0u, w.a + w.rest * params.a4, w.b + w.rest * params.b4);
  }
  let v = a[w.a] + b[w.b];
  y[index] = activate(v, params.activation);
}
