// qadd: y = yZeroPoint + clamp(R2(R0((a - aZeroPoint) << 20) + R1((b - bZeroPoint) << 20))), Ri = rounded fixed-point
// product with multiplier[i], exponent[i] (lib/requantize.wgsl). a, b, y i8 of one shape, 4 values a word, innermost axis
// `channels`; one word a thread. Overflow: |a - aZeroPoint| <= 255, so below 2^28 before R0 and R1, which halve it at
// least: the sum stays below 2^28.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"
// #include "lib/requantize.wgsl"

struct Params {
  words: u32,
  channels: u32,
  relu: u32, // 1: clamp at the zero point
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<uniform> aZeroPoint: i32;
@group(0) @binding(3) var<uniform> bZeroPoint: i32;
@group(0) @binding(4) var<uniform> yZeroPoint: i32;
@group(0) @binding(5) var<storage, read> multiplier: array<i32>;
@group(0) @binding(6) var<storage, read> exponent: array<i32>;
@group(0) @binding(7) var<storage, read_write> y: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.words) {
    return;
  }
  let row = (params.channels + 3) / 4;
  let da = (unpackI8(a[index]) - aZeroPoint) << vec4<u32>(20);
  let db = (unpackI8(b[index]) - bZeroPoint) << vec4<u32>(20);
  let low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1) - yZeroPoint;
  let high = params.quantMax - yZeroPoint;
  var q = vec4<i32>();
  for (var i = 0u; i < 4; i++) {
    let sum = requantize(da[i], multiplier[0], exponent[0]) + requantize(db[i], multiplier[1], exponent[1]);
    q[i] = yZeroPoint + clamp(requantize(sum, multiplier[2], exponent[2]), low, high);
  }
  y[index] = packI8(q) & laneMask(params.channels - index % row * 4);
}
