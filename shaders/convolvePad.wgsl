// y[n, row, column, i] = x[n, row - top, column - left, i], 0 outside of the image and source channel `channels` on.
// x f32 [n, inHeight, inWidth, channels], y f32 [n, height, width, 4 * vectors]. One thread writes up to 4 vec4s of a pixel.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  height: u32,
  width: u32,
  vectors: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= params.threads + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let parts = (params.vectors + 3u) / 4u;
  let pixel = index / parts;
  let line = pixel / params.width;
  let image = line / params.height;
  // Above and left of the image these wrap to large numbers, which are no rows and columns either.
  let row = line - image * params.height - params.top;
  let column = pixel - line * params.width - params.left;
  let inside = row < params.inHeight && column < params.inWidth;
  let source = ((image * params.inHeight + row) * params.inWidth + column) * params.channels;
  let first = (index - pixel * parts) * 4u;
  for (var v = first; v < min(first + 4u, params.vectors); v++) {
    var value = vec4<f32>();
    if (inside) {
      let i = source + v * 4u;
      let left = params.channels - v * 4u;
      value.x = x[i];
      if (left >= 4u) {
        value = vec4(value.x, x[i + 1u], x[i + 2u], x[i + 3u]);
      } else if (left == 3u) {
        value = vec4(value.x, x[i + 1u], x[i + 2u], 0.0);
      } else if (left == 2u) {
        value.y = x[i + 1u];
      }
    }
    y[pixel * params.vectors + v] = value;
  }
}
