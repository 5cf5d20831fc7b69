// dx[o, r, i] = dy[o, i] / count: the gradient of a mean over one run of axes inside of others. dy f32 [outer, inner], dx
// [outer, axis, inner], as vec4s; inner counts these. One thread writes `chunk` vec4s, one below the other.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  count: u32,
  axis: u32,
  inner: u32,
  chunk: u32,
  chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let size = params;
  let line = index / size.inner;
  let outer = line / size.chunks;
  let i = index - line * size.inner;
  let first = (line - outer * size.chunks) * size.chunk;
  let gradient = dy[outer * size.inner + i] / f32(size.count);
  let start = (outer * size.axis + first) * size.inner + i;
  let end = start + min(size.chunk, size.axis - first) * size.inner;
  for (var at = start; at < end; at += size.inner) {
    dx[at] = gradient;
  }
}
