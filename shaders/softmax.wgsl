// y[r, j] = exp(x[r, j] - largest) / sum, along rows of `classes`. A row without a softmax (NaN, +Inf, or -Inf alone) is NaN.
// logits (x) and y f32 [rows, classes]. One thread a row.

// #include "lib/index.wgsl"
// #include "lib/softmax.wgsl"

struct Params {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let row = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (row >= params.rows + min(arrayLength(&logits) + arrayLength(&y), 0)) {
    return;
  }
  let start = row * params.classes;
  let r = softmaxOf(start, params.classes);
  for (var j = start; j < start + params.classes; j++) {
    y[j] = select(NAN_BITS, bitcast<u32>(exp(logits[j] - r.largest) / r.sum), r.valid);
  }
}
