// y[n, oy, ox, c] = the maximum of x over the window of kernelY x kernelX at (oy * strideY - top, ox * strideX - left);
// what lies outside of the image does not take part, NaN wins. x f32 bits [n, inHeight, inWidth, channels], y
// [n, height, width, channels]. One thread takes up to 4 channels of a pixel.

// #include "lib/index.wgsl"
// #include "lib/maximum.wgsl"

struct Params {
  threads: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  kernelY: u32,
  kernelX: u32,
  strideY: u32,
  strideX: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// Up to 4 neighbouring channels; lanes past the last channel repeat it.
fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(x[at], x[at + lanes.y], x[at + lanes.z], x[at + lanes.w]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let parts = (params.channels + 3u) / 4u;
  let pixel = index / parts;
  let first = (index - pixel * parts) * 4u;
  let line = pixel / params.width;
  let image = line / params.height;
  let top = (line - image * params.height) * params.strideY;
  let left = (pixel - line * params.width) * params.strideX;
  // The part of the window that lies in the image, in coordinates moved by the padding.
  let rows = vec2(max(top, params.top), min(top + params.kernelY, params.top + params.inHeight));
  let columns = vec2(max(left, params.left), min(left + params.kernelX, params.left + params.inWidth));
  let origin = image * params.inHeight - params.top;
  let lanes = min(vec4(0u, 1u, 2u, 3u), vec4(params.channels - 1u - first));
  var best = vec4(LOWEST);
  var value = vec4<u32>();
  for (var row = rows.x; row < rows.y; row++) {
    let start = (origin + row) * params.inWidth - params.left;
    for (var column = columns.x; column < columns.y; column++) {
      let bits = load((start + column) * params.channels + first, lanes);
      let rank = rankOf(bits);
      value = select(value, bits, rank > best);
      best = max(best, rank);
    }
  }
  let to = pixel * params.channels + first;
  y[to] = value.x;
  y[to + lanes.y] = value.y;
  y[to + lanes.z] = value.z;
  y[to + lanes.w] = value.w;
}
