// The gradient of avgPool2dPairs.wgsl for images of even height and width. dy f32 [n, height, width, 4 * parts], dx
// [n, 2 height, 2 width, 4 * parts]. One thread takes a vec4 of a pixel of dy.

// #include "lib/index.wgsl"
// #include "lib/pairs.wgsl"

struct Params {
  threads: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  parts: u32,
  divisor: u32,
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
  let at = pairOf(index);
  let step = params.parts;
  let gradient = dy[index] / f32(params.divisor);
  dx[at.top] = gradient;
  dx[at.top + step] = gradient;
  dx[at.bottom] = gradient;
  dx[at.bottom + step] = gradient;
}
