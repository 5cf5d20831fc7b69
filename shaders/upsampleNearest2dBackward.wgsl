// dx = the sum of dy over the SY x SX pixels that come from the pixel, row by row. dy [lines * SY, width * SX] pixels of `size`
// f32, dx [lines, width]. A thread takes 4 neighbours of a pixel, chunk `chunk` of `chunks`; past its end the last element is
// done again.

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
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&dy), 0)) {
    return;
  }
  let pixel = index / params.chunks;
  let column = min(vec4(4u * (index - pixel * params.chunks)) + vec4(0u, 1u, 2u, 3u), vec4(params.size - 1u));
  let line = pixel / params.width;
  let row = params.width * SX * params.size;
  // = line * SY * row + (pixel - line * width) * SX * size
  var start = line * (SY - 1u) * row + pixel * SX * params.size + column;
  var sum = vec4(0.0);
  for (var i = 0u; i < SY; i++) {
    var at = start;
    for (var j = 0u; j < SX; j++) {
      sum += vec4(dy[at.x], dy[at.y], dy[at.z], dy[at.w]);
      at += params.size;
    }
    start += row;
  }
  let to = pixel * params.size + column;
  dx[to.x] = sum.x;
  dx[to.y] = sum.y;
  dx[to.z] = sum.z;
  dx[to.w] = sum.w;
}
