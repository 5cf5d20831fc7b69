// Scale and zero point of observed ranges, one thread a channel. lo = min(min, 0), hi = max(max, 0):
//   affine:    s = max(f32(f32(hi - lo) / (qmax - qmin)), 2^-23), z = clamp(qmin - rhe(f32(lo / s)), qmin, qmax)
//   symmetric: s = max(f32(max(-lo, hi) / ((qmax - qmin) / 2)), 2^-23), z = symmetricZeroPoint
// Never observed (min > max) or NaN: s = 1, z = the integer of the range that is nearest to 0. All f32 are bit patterns
// and computed in integers, to the bits of the reference. Source: PyTorch's _calculate_qparams.

// #include "lib/index.wgsl"
// #include "lib/divide.wgsl"
// #include "lib/addMultiply.wgsl"
// #include "lib/order.wgsl"
// #include "lib/classify.wgsl"

struct Params {
  channels: u32,
  quantMin: i32,
  quantMax: i32,
  symmetric: u32,
  symmetricZeroPoint: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lowest: array<u32>;
@group(0) @binding(2) var<storage, read> highest: array<u32>;
@group(0) @binding(3) var<storage, read_write> scale: array<u32>;
@group(0) @binding(4) var<storage, read_write> zeroPoint: array<i32>;

const SMALLEST_SCALE = 0x34000000u; // 2^-23

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let c = linearIndex(gid, workgroups, 64u);
  if (c >= params.channels) {
    return;
  }
  let low = withoutNegativeZero(lowest[c]);
  let high = withoutNegativeZero(highest[c]);
  if (orderOf(low) > orderOf(high) || isNan(low) || isNan(high)) {
    scale[c] = 0x3f800000u;
    zeroPoint[c] = clamp(0, params.quantMin, params.quantMax);
    return;
  }
  // Magnitudes of lo and hi, finite.
  let lo = min(select(0u, low & ~FLOAT_SIGN, low >= FLOAT_SIGN), FLOAT_MAX);
  let hi = min(select(high, 0u, high >= FLOAT_SIGN), FLOAT_MAX);
  let range = f32(params.quantMax - params.quantMin);
  if (params.symmetric == 1u) {
    scale[c] = max(divideFloat(max(lo, hi), bitcast<u32>(range * 0.5)), SMALLEST_SCALE);
    zeroPoint[c] = params.symmetricZeroPoint;
    return;
  }
  let s = max(divideFloat(addFloat(lo, hi), bitcast<u32>(range)), SMALLEST_SCALE);
  scale[c] = s;
  let steps = i32(round(bitcast<f32>(divideFloat(lo, s))));
  zeroPoint[c] = clamp(params.quantMin + steps, params.quantMin, params.quantMax);
}
