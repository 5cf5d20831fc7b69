// y = the average of x over each window: the values of src/ops/qaverage.ts. x [n, inHeight, inWidth, channels], y [n, height, width,
// channels], channels counting words; multipliers by count.

// #include "lib/poolRun.wgsl"
// #include "lib/average.wgsl"
// #include "lib/wordAverages.wgsl"

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
  run: u32,
  runs: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32, // 1
  dilationX: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
  bytes: u32, // channels of a pixel
  flip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;

fn windowAverage(at: Spot, size: Params) -> Average {
  let pixels = (at.rows.end - at.rows.first) * (at.columns.end - at.columns.first);
  return averageOf(pixels, divisorOf(at.rows, at.columns, size), at.rows.count * at.columns.count, at.kept);
}

fn finished(sums: Value, at: Spot, size: Params) -> Result {
  let result = nearestOf(sums, windowAverage(at, size), at.kept);
  return Result(result.words, result.unsure);
}

fn exact(at: Spot, size: Params) -> vec4<u32> {
  return exactOf(windowOf(at, size), windowAverage(at, size), at.kept);
}
