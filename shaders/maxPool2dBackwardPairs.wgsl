// The gradient of maxPool2dPairs.wgsl for images of even height and width: of 2 x 2 elements of dx the one whose x is the
// first maximum, row by row, gets dy, the others 0. dy f32 bits [n, height, width, 4 * parts], x and dx f32 bits
// [n, 2 height, 2 width, 4 * parts]. One thread takes a vec4 of a pixel of dy.

// #include "lib/index.wgsl"
// #include "lib/maximum.wgsl"

struct Params {
  threads: u32,
  width: u32,
  parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let pixel = index / params.parts;
  let line = pixel / params.width;
  let column = pixel - line * params.width;
  let top = (4u * line * params.width + 2u * column) * params.parts + index - pixel * params.parts;
  let bottom = top + 2u * params.width * params.parts;
  let rankA = rankOf(x[top]);
  let rankB = rankOf(x[top + params.parts]);
  let rankC = rankOf(x[bottom]);
  let rankD = rankOf(x[bottom + params.parts]);
  let isLower = max(rankC, rankD) > max(rankA, rankB);
  let isRightAbove = rankB > rankA;
  let isRightBelow = rankD > rankC;
  let zero = vec4<u32>();
  let gradient = dy[index];
  let upper = select(gradient, zero, isLower);
  let lower = select(zero, gradient, isLower);
  dx[top] = select(upper, zero, isRightAbove);
  dx[top + params.parts] = select(zero, upper, isRightAbove);
  dx[bottom] = select(lower, zero, isRightBelow);
  dx[bottom + params.parts] = select(zero, lower, isRightBelow);
}
