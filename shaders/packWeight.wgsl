// packWeight: integer weights in the order in which the int8 kernels read them.
//   y[o, ..., i, lane, j] = w[4 o + lane, ..., 4 i + j], 0 where an index is past the end
// w i8 [oc, ...mid, ic], 4 values a word along ic, padded; y i8 [ceil(oc / 4), ...mid, ceil(ic / 4), 4, 4], one word a
// thread. Padding lanes of w may hold anything and are cleared.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

struct Params {
  words: u32, // of y
  oc: u32,
  mid: u32, // product of the middle axes: kh * kw, or 1
  ic: u32,
}

@group(0) @binding(0) var<storage, read> w: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.words) {
    return;
  }
  let groups = (params.ic + 3) / 4;
  let lane = index % 4;
  let i = index / 4 % groups;
  let m = index / 4 / groups % params.mid;
  let o = index / 4 / groups / params.mid * 4 + lane;
  var word = 0u;
  if (o < params.oc) {
    word = w[(o * params.mid + m) * groups + i] & laneMask(params.ic - i * 4);
  }
  y[index] = word;
}
