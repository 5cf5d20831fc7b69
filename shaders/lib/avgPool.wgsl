// y = the sum of x over each window, row by row, by its divisor. x f32 bits [n, inHeight, inWidth, channels], y
// [n, height, width, channels]. One thread takes up to 4 channels of a pixel.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/average.wgsl"
// #include "lib/pool.wgsl"

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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let place = placeOf(index, params.height, params.width);
  let rows = rowsOf(place.row);
  let columns = columnsOf(place.column);
  let lanes = lanesOf(place.part);
  let first = place.part * params.partStep;
  let step = params.pixelStep;
  let count = (columns.end - columns.first) * step;
  let line = params.inWidth * step;
  let corner = ((place.image * params.inHeight + rows.first) * params.inWidth + columns.first) * step + first;
  let end = corner + (rows.end - rows.first) * line;
  var sum = vec4<f32>();
  for (var start = corner; start < end; start += line) {
    for (var at = start; at < start + count; at += step) {
      sum += bitcast<vec4<f32>>(load(at, lanes));
    }
  }
  let mean = sum / f32(divisorOf(rows, columns));
  store(place.pixel * step + first, lanes, bitcast<vec4<u32>>(mean));
}
