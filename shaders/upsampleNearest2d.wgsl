// Each word of x goes to the SY x SX pixels of y that its pixel becomes. x [lines, width] pixels of `size` words, y [lines * SY,
// width * SX]. A thread takes 4 neighbours of a pixel, chunk `chunk` of `chunks`; past its end the last word is done again.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  size: u32,
  chunks: u32,
  width: u32,
}

override SY: u32;
override SX: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&y), 0)) {
    return;
  }
  let pixel = index / params.chunks;
  let column = min(vec4(4u * (index - pixel * params.chunks)) + vec4(0u, 1u, 2u, 3u), vec4(params.size - 1u));
  let line = pixel / params.width;
  let source = pixel * params.size + column;
  let words = vec4(x[source.x], x[source.y], x[source.z], x[source.w]);
  let row = params.width * SX * params.size;
  // = line * SY * row + (pixel - line * width) * SX * size
  var to = line * (SY - 1u) * row + pixel * SX * params.size + column;
  for (var i = 0u; i < SY; i++) {
    var at = to;
    for (var j = 0u; j < SX; j++) {
      y[at.x] = words.x;
      y[at.y] = words.y;
      y[at.z] = words.z;
      y[at.w] = words.w;
      at += params.size;
    }
    to += row;
  }
}
