// y[o, c, i] = factor times the sum of x[o, r, i] over r in [c * chunk, (c + 1) * chunk), in order. x f32 [outer, axis, inner], y
// [outer, chunks, inner], as vec4s; inner counts these. One thread a vec4 of y.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  axis: u32,
  inner: u32,
  chunk: u32,
  chunks: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&x), 0)) {
    return;
  }
  let line = index / params.inner;
  let outer = line / params.chunks;
  let first = (line - outer * params.chunks) * params.chunk;
  let last = min(first + params.chunk, params.axis);
  var at = (outer * params.axis + first) * params.inner + index - line * params.inner;
  var sum = vec4<f32>();
  for (var r = first; r < last; r++) {
    sum += x[at];
    at += params.inner;
  }
  y[index] = sum * params.factor;
}
