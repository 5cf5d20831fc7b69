// The whole of qmean and qglobalAvgPool2d, where as many threads as there are vec4s of words of y are enough: x [outer, count,
// channels] and y [outer, channels] count words, count <= 256. A thread sums the pixels of up to 4 neighbouring words.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/wordAverages.wgsl"

// Pixels at a time, up to 8; those past the last do not count.
override GROUP: u32 = 8;

struct Params {
  threads: u32,
  channels: u32,
  parts: u32,
  count: u32,
  bytes: u32, // of a pixel
  flip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

fn plusPixel(v: Value, at: u32, end: u32, lanes: vec4<u32>) -> Value {
  return taken(v, vec4(x[at], x[at + lanes.y], x[at + lanes.z], x[at + lanes.w]), select(0u, 0xffffffffu, at < end));
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 32);
  if (index >= size.threads) {
    return;
  }
  let outer = index / size.parts;
  let part = index - outer * size.parts;
  let step = size.channels;
  let lanes = lanesOf(part);
  var at = outer * size.count * step + part * 4;
  let end = at + size.count * step;
  var sums = nothing();
  loop {
    sums = plusPixel(sums, at, end, lanes);
    if (GROUP > 1) {
      sums = plusPixel(sums, at + step, end, lanes);
    }
    if (GROUP > 2) {
      sums = plusPixel(sums, at + 2 * step, end, lanes);
    }
    if (GROUP > 3) {
      sums = plusPixel(sums, at + 3 * step, end, lanes);
    }
    if (GROUP > 4) {
      sums = plusPixel(sums, at + 4 * step, end, lanes);
    }
    if (GROUP > 5) {
      sums = plusPixel(sums, at + 5 * step, end, lanes);
    }
    if (GROUP > 6) {
      sums = plusPixel(sums, at + 6 * step, end, lanes);
    }
    if (GROUP > 7) {
      sums = plusPixel(sums, at + 7 * step, end, lanes);
    }
    at += GROUP * step;
    continuing {
      break if at >= end; // software devices run the body of a loop that asks first once more
    }
  }
  let kept = keptOf(part, lanes, size);
  let average = averageOf(size.count, size.count, 0, kept);
  let result = nearestOf(sums, average, kept);
  var words = result.words;
  if (result.unsure) {
    words = exactOf(sums, average, kept);
  }
  let to = outer * step + part * 4;
  y[to] = words.x;
  y[to + lanes.y] = words.y;
  y[to + lanes.z] = words.z;
  y[to + lanes.w] = words.w;
}
