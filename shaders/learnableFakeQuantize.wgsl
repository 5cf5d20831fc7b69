// What learnable fake quantization computes with: s = max(scale, 2^-23), also for NaN; z = rhe(zeroPoint) clamped to the
// range, quantMin for NaN. One thread a channel; f32 as bits.

// #include "lib/index.wgsl"
// #include "lib/classify.wgsl"

struct Params {
  channels: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scale: array<u32>;
@group(0) @binding(2) var<storage, read> zeroPoint: array<u32>;
@group(0) @binding(3) var<storage, read_write> usedScale: array<u32>;
@group(0) @binding(4) var<storage, read_write> usedZeroPoint: array<i32>;

const SMALLEST_SCALE = 0x34000000; // 2^-23

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let c = linearIndex(gid, workgroups, 64u);
  if (c >= params.channels) {
    return;
  }
  // As signed integers negative numbers are below all positive ones, which are in order.
  usedScale[c] = select(u32(max(bitcast<i32>(scale[c]), SMALLEST_SCALE)), u32(SMALLEST_SCALE), isNan(scale[c]));
  let z = round(clamp(bitcast<f32>(zeroPoint[c]), f32(params.quantMin), f32(params.quantMax)));
  usedZeroPoint[c] = select(i32(z), params.quantMin, isNan(zeroPoint[c]));
}
