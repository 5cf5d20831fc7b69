// avgPool2d over 2 x 2 pixels side by side, without padding and without loops. x f32 [n, 2 height (+ 1), inWidth, 4 * parts],
// y [n, height, width, 4 * parts]. One thread takes a vec4 of a pixel.

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
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let at = pairOf(index);
  let step = params.parts;
  y[index] = (x[at.top] + x[at.top + step] + x[at.bottom] + x[at.bottom + step]) / f32(params.divisor);
}
