// y[pixel, (ky * kw + kx) * channels + i] = x[n, oy * strideY - top + ky * dilationY, ox * strideX - left + kx * dilationX, i],
// 0 outside of the image: the window of each output pixel as one row, padded with zeros to `row` values. For images of so few
// channels that padding these to 4 would cost more. x f32 [n, inHeight, inWidth, channels], y f32 [n * height * width, row].
// One thread a pixel.

// #include "lib/index.wgsl"

struct Params {
  pixels: u32,
  height: u32,
  width: u32,
  row: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  kernelY: u32,
  kernelX: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let pixel = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (pixel >= params.pixels + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let line = pixel / params.width;
  let image = line / params.height;
  // Above and left of the image these wrap to large numbers, which are no rows and columns either.
  let top = (line - image * params.height) * params.strideY - params.top;
  let left = (pixel - line * params.width) * params.strideX - params.left;
  var to = pixel * params.row;
  for (var ky = 0u; ky < params.kernelY; ky++) {
    let row = top + ky * params.dilationY;
    let start = (image * params.inHeight + row) * params.inWidth;
    for (var kx = 0u; kx < params.kernelX; kx++) {
      let column = left + kx * params.dilationX;
      let inside = row < params.inHeight && column < params.inWidth;
      let source = (start + column) * params.channels;
      for (var i = 0u; i < params.channels; i++) {
        var value = 0.0;
        if (inside) {
          value = x[source + i];
        }
        y[to] = value;
        to++;
      }
    }
  }
  for (; to < (pixel + 1u) * params.row; to++) {
    y[to] = 0.0;
  }
}
