// qlinear for a few rows, where threads are scarce: 16 output channels of one row a workgroup, and the depth split 16 ways.
//   acc[o] = bias[o] - xZeroPoint * weightSum[o] + sum over i of x[row, i] * weight[o, i]
//   y[row, o] = yZeroPoint + clamp(requantize(acc[o], multiplier[o], exponent[o]))
// x i8 or u8 [rows, in], weight packed [out / 4, in / 4] vec4<u32>, y i8 [rows, out]. Sums are i32, so their order does not matter;
// the converter has checked that they fit. Many rows run as convolutions of 1 x 1 images (qconv2d.wgsl).

// #include "lib/dot4.wgsl"
// #include "lib/qproduct.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;

struct Params {
  rows: u32,
  ic: u32,
  icWords: u32, // words of a row of x
  oc: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(10) var<uniform> params: Params;

var<workgroup> parts: array<vec4<i32>, 64>; // [4 groups][16 parts of the depth]
var<workgroup> sums: array<i32, 64>; // of x alone, for weights with zero points

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) wid: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let size = params;
  let row = (size.oc + 3) / 4;
  let blocks = (row + 3) / 4;
  let index = wid.y * workgroups.x + wid.x;
  let line = index / blocks;
  let group = (index - line * blocks) * 4 + local / 16; // of 4 output channels
  var sum = vec4<i32>();
  var total = 0;
  if (line < size.rows && group < row) {
    for (var i = local % 16; i < size.icWords; i += 16) {
      let word = x[line * size.icWords + i] ^ FLIP;
      let w = weight[group * size.icWords + i];
      sum += vec4<i32>(dot4(word, w.x), dot4(word, w.y), dot4(word, w.z), dot4(word, w.w));
      if (ASYMMETRIC) {
        total += dot4(word, 0x01010101u & laneMask(size.ic - i * 4));
      }
    }
  }
  parts[local] = sum;
  if (ASYMMETRIC) {
    sums[local] = total;
  }
  workgroupBarrier();
  if (local % 16 != 0 || line >= size.rows || group >= row) {
    return;
  }
  for (var i = 1u; i < 16; i++) {
    sum += parts[local + i];
    if (ASYMMETRIC) {
      total += sums[local + i];
    }
  }
  let e = epilogue(group * 4, zeroOfX(), 0);
  if (ASYMMETRIC) {
    sum -= e.weightZero * (total - i32(size.ic) * zeroOfX());
  }
  y[line * row + group] = finish(sum, e);
}
