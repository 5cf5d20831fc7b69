// dx = the sum over the windows that hold the pixel, row by row, of dy by the window's divisor. x is dy, f32 bits
// [n, height, width, channels], y is dx [n, inHeight, inWidth, channels]. One thread takes up to 4 channels of a pixel.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/average.wgsl"
// #include "lib/pool.wgsl"
// #include "lib/holders.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  pixelStep: u32,
  partStep: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
}

@group(0) @binding(0) var<uniform> params: Params;

// First and past the last window along an axis that holds pixel `at`.
fn windowsOf(at: u32, outputs: u32, size: u32, span: u32, stride: u32, before: u32) -> vec2<u32> {
  if (ADAPTIVE) {
    return vec2(at * outputs / size, ((at + 1u) * outputs + size - 1u) / size);
  }
  return holdersOf(at + before, span, stride, outputs);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let place = placeOf(index, params.inHeight, params.inWidth);
  let ys = windowsOf(place.row, params.height, params.inHeight, params.spanY, params.strideY, params.top);
  let xs = windowsOf(place.column, params.width, params.inWidth, params.spanX, params.strideX, params.left);
  let lanes = lanesOf(place.part);
  let first = place.part * params.partStep;
  var sum = vec4<f32>();
  for (var oy = ys.x; oy < ys.y; oy++) {
    let rows = rowsOf(oy, params);
    let line = (place.image * params.height + oy) * params.width;
    for (var ox = xs.x; ox < xs.y; ox++) {
      let dy = bitcast<vec4<f32>>(load((line + ox) * params.pixelStep + first, lanes));
      sum += dy / f32(divisorOf(rows, columnsOf(ox, params), params));
    }
  }
  store(place.pixel * params.pixelStep + first, lanes, bitcast<vec4<u32>>(sum));
}
