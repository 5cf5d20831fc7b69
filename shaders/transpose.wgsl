// y = x with its axes in another order: y's element walks x by `step` along its innermost axis of `size`, by step4 to step1 along
// axes of size4 to size1 going out, by stepOuter along the outermost; RANK axes in all, neighbours that stay neighbours merged.
// A thread takes 4 neighbours of a row of y, one of its `chunks`; past the end of a row its last element is done again. x and y
// hold words: 8-bit elements whose innermost axis moves are transposeBytes.wgsl's.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  size: u32,
  chunks: u32,
  step: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  stepOuter: u32,
  step1: u32,
  step2: u32,
  step3: u32,
  step4: u32,
}

override RANK: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// The offset in x, and the index that is left for the axes further out.
struct Walk {
  rest: u32,
  at: u32,
}

fn walk(w: Walk, size: u32, step: u32) -> Walk {
  let rest = w.rest / size;
  return Walk(rest, w.at + (w.rest - rest * size) * step);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let row = index / params.chunks;
  let first = 4u * (index - row * params.chunks);
  var w = Walk(row, 0u);
  if (RANK > 2u) {
    w = walk(w, params.size4, params.step4);
  }
  if (RANK > 3u) {
    w = walk(w, params.size3, params.step3);
  }
  if (RANK > 4u) {
    w = walk(w, params.size2, params.step2);
  }
  if (RANK > 5u) {
    w = walk(w, params.size1, params.step1);
  }
  let column = min(vec4(first) + vec4(0u, 1u, 2u, 3u), vec4(params.size - 1u));
  let at = w.at + w.rest * params.stepOuter + column * params.step;
  let v = vec4(x[at.x], x[at.y], x[at.z], x[at.w]);
  let to = row * params.size + column;
  y[to.x] = v.x;
  y[to.y] = v.y;
  y[to.z] = v.z;
  y[to.w] = v.w;
}
