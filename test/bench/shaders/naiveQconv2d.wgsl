// The yardstick: int8 convolution the plain way, one output an invocation, bytes unpacked one by one, float requantization.
//   y = clamp(rint(f32(bias[o] + sum of (x - xZeroPoint) * weight) * multiplier[o]) + yZeroPoint, -128, 127)
// x i8 [n, h, w, ic] and weight i8 [oc, k, k, ic], 4 channels a word (ic % 4 == 0), stride 1, padding k / 2. y is i32
// [n, h, w, oc], one value a word. Accumulators are i32.

// #include "../../../shaders/lib/index.wgsl"

struct Params {
  outputs: u32, // n * h * w * oc
  h: u32,
  w: u32,
  ic: u32,
  oc: u32,
  k: u32,
  xZeroPoint: i32,
  yZeroPoint: i32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<u32>;
@group(0) @binding(2) var<storage, read> bias: array<i32>;
@group(0) @binding(3) var<storage, read> multiplier: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<i32>;
@group(0) @binding(5) var<uniform> params: Params;

fn byteOf(word: u32, index: u32) -> i32 {
  return extractBits(i32(word), index * 8, 8);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.outputs) {
    return;
  }
  let o = index % params.oc;
  let ox = index / params.oc % params.w;
  let oy = index / params.oc / params.w % params.h;
  let n = index / params.oc / params.w / params.h;
  var acc = bias[o];
  for (var ky = 0u; ky < params.k; ky++) {
    for (var kx = 0u; kx < params.k; kx++) {
      let iy = oy + ky - params.k / 2;
      let ix = ox + kx - params.k / 2;
      if (iy >= params.h || ix >= params.w) {
        continue;
      }
      for (var i = 0u; i < params.ic; i++) {
        let xAt = ((n * params.h + iy) * params.w + ix) * params.ic + i;
        let wAt = ((o * params.k + ky) * params.k + kx) * params.ic + i;
        acc += (byteOf(x[xAt / 4], xAt % 4) - params.xZeroPoint) * byteOf(weight[wAt / 4], wAt % 4);
      }
    }
  }
  y[index] = clamp(i32(round(f32(acc) * multiplier[o])) + params.yZeroPoint, -128, 127);
}
