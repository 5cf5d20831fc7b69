// requantize: y = yZeroPoint + clamp(R(x - xZeroPoint)), R = product with multiplier and exponent rounded by ROUNDING
// (lib/requantize.wgsl). x, y of one shape with the innermost axis `channels`, i8 or u8 (flips: lib/bytes.wgsl), 4 values a
// word; a thread takes every threads-th word.

// #include "lib/index.wgsl"
// #include "lib/bytes.wgsl"
// #include "lib/requantize4.wgsl"

struct Params {
  words: u32,
  threads: u32,
  channels: u32,
  xFlip: u32,
  yFlip: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<uniform> xZeroPoint: i32;
@group(0) @binding(2) var<uniform> yZeroPoint: i32;
@group(0) @binding(3) var<uniform> multiplier: i32;
@group(0) @binding(4) var<uniform> exponent: i32;
@group(0) @binding(5) var<storage, read_write> y: array<u32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let row = (size.channels + 3) / 4;
  let center = centerOf(xZeroPoint, size.xFlip);
  let to = bytesOf(yZeroPoint, size.relu, size.quantMin, size.quantMax, size.yFlip);
  let scale = multipliers(vec4<i32>(multiplier), vec4<i32>(exponent));
  for (var i = linearIndex(gid, workgroups, 64); i < size.words; i += size.threads) {
    let q = requantize4(vec4<i32>(centered(x[i], center)), scale);
    y[i] = storedWord(vec4<f32>(q), to) & laneMask(size.channels - i % row * 4);
  }
}
