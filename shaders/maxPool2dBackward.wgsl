// dx[e] = sum of dy over the windows whose first maximum, row by row, is element e. dy f32 [n, height, width, channels], x
// f32 bits and dx f32 [n, inHeight, inWidth, channels]; windows as in maxPool2d.wgsl, of any stride. One thread takes up to
// 4 channels of a pixel of x and looks at every window that holds it, in order.

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
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

// First and past the last window along an axis that holds `at`, a coordinate moved by the padding.
fn windowsOf(at: u32, kernel: u32, stride: u32, count: u32) -> vec2<u32> {
  let first = select(0u, (at - kernel) / stride + 1u, at >= kernel);
  return vec2(first, min(at / stride + 1u, count));
}

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
  let line = pixel / params.inWidth;
  let image = line / params.inHeight;
  let at = vec2(line - image * params.inHeight + params.top, pixel - line * params.inWidth + params.left);
  let ys = windowsOf(at.x, params.kernelY, params.strideY, params.height);
  let xs = windowsOf(at.y, params.kernelX, params.strideX, params.width);
  let origin = image * params.inHeight - params.top;
  let lanes = min(vec4(0u, 1u, 2u, 3u), vec4(params.channels - 1u - first));
  let own = rankOf(load(pixel * params.channels + first, lanes));
  var sum = vec4<f32>();
  for (var oy = ys.x; oy < ys.y; oy++) {
    let top = oy * params.strideY;
    let rows = vec2(max(top, params.top), min(top + params.kernelY, params.top + params.inHeight));
    for (var ox = xs.x; ox < xs.y; ox++) {
      let left = ox * params.strideX;
      let columns = vec2(max(left, params.left), min(left + params.kernelX, params.left + params.inWidth));
      // Won, when everything before is less and everything after is not more.
      var won = vec4(true);
      for (var row = rows.x; row < rows.y; row++) {
        let start = (origin + row) * params.inWidth - params.left;
        for (var column = columns.x; column < columns.y; column++) {
          let other = rankOf(load((start + column) * params.channels + first, lanes));
          let after = vec4(row > at.x || (row == at.x && column >= at.y));
          won = won & ((other < own) | ((other == own) & after));
        }
      }
      let d = ((image * params.height + oy) * params.width + ox) * params.channels + first;
      sum += select(vec4<f32>(), vec4(dy[d], dy[d + lanes.y], dy[d + lanes.z], dy[d + lanes.w]), won);
    }
  }
  let to = pixel * params.channels + first;
  dx[to] = sum.x;
  dx[to + lanes.y] = sum.y;
  dx[to + lanes.z] = sum.z;
  dx[to + lanes.w] = sum.w;
}
