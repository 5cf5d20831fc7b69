// qavgPool2d and qadaptiveAvgPool2d: y = the average of x over each window. x [n, inHeight, inWidth, channels], y
// [n, height, width, channels], 4 channels a word, pixelStep words a pixel; multipliers by count. A thread makes WORDS words
// of one pixel, 1 or 4, a part. LARGE: a window holds more pixels than f32 sums of bytes stay exact for, a row of it does not.

// #include "lib/index.wgsl"
// #include "lib/average.wgsl"
// #include "lib/byteSums.wgsl"
// #include "lib/pool.wgsl"
// #include "lib/qaverage.wgsl"

override WORDS: u32 = 4;
override LARGE = false;

struct Params {
  threads: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  pixelStep: u32,
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
  flip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.threads) {
    return;
  }
  let place = placeOf(index, params.height, params.width);
  let rows = rowsOf(place.row);
  let columns = columnsOf(place.column);
  let words = params.pixelStep;
  let c = place.part * WORDS; // first word
  let run = (columns.end - columns.first) * words;
  let line = params.inWidth * words;
  let corner = ((place.image * params.inHeight + rows.first) * params.inWidth + columns.first) * words + c;
  let end = corner + (rows.end - rows.first) * line;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  var total0 = vec4<i32>();
  var total1 = vec4<i32>();
  var total2 = vec4<i32>();
  var total3 = vec4<i32>();
  for (var start = corner; start < end; start += line) {
    for (var at = start; at < start + run; at += words) {
      sum0 += bytesOf(x[at]);
      if (WORDS == 4) { // past the row: not stored
        sum1 += bytesOf(x[at + 1]);
        sum2 += bytesOf(x[at + 2]);
        sum3 += bytesOf(x[at + 3]);
      }
    }
    if (LARGE) {
      total0 += wholeOf(sum0);
      total1 += wholeOf(sum1);
      total2 += wholeOf(sum2);
      total3 += wholeOf(sum3);
      sum0 = vec4<f32>();
      sum1 = vec4<f32>();
      sum2 = vec4<f32>();
      sum3 = vec4<f32>();
    }
  }
  total0 += wholeOf(sum0);
  total1 += wholeOf(sum1);
  total2 += wholeOf(sum2);
  total3 += wholeOf(sum3);
  let pixels = (rows.end - rows.first) * (columns.end - columns.first);
  let average = averageOf(pixels, divisorOf(rows, columns), rows.count * columns.count);
  let to = place.pixel * words + c;
  let lanes = params.channels - c * 4;
  y[to] = averaged(unflipped(total0, pixels), average) & laneMask(lanes);
  if (WORDS == 4) {
    if (lanes > 4) {
      y[to + 1] = averaged(unflipped(total1, pixels), average) & laneMask(lanes - 4);
    }
    if (lanes > 8) {
      y[to + 2] = averaged(unflipped(total2, pixels), average) & laneMask(lanes - 8);
    }
    if (lanes > 12) {
      y[to + 3] = averaged(unflipped(total3, pixels), average) & laneMask(lanes - 12);
    }
  }
}
