// dlogits[r, j] = scale * (exp(logit - largest) / sum - goal) in counted rows, 0 in others; scale = dloss, one for all
// rows (dlossStep 0) or one each (1), for a mean divided by counted[0]; goal = labelSmoothing / classes, for the label 1 - labelSmoothing more. A row without a softmax
// (NaN, +Inf, or -Inf alone) gets NaN. logits f32 [rows, classes], labels i32 [rows]. One thread a row.

// #include "lib/index.wgsl"
// #include "lib/labelled.wgsl"
// #include "lib/softmax.wgsl"

struct Params {
  rows: u32,
  classes: u32,
  ignoreIndex: i32,
  labelSmoothing: f32,
  mean: u32,
  dlossStep: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dloss: array<f32>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read> counted: array<u32>;
@group(0) @binding(5) var<storage, read_write> dlogits: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let row = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (row >= params.rows + min(arrayLength(&logits) + arrayLength(&dlogits), 0)) {
    return;
  }
  let start = row * params.classes;
  let isIn = isCounted(row);
  let r = softmaxOf(start, params.classes);
  let d = dloss[row * params.dlossStep];
  let scale = select(d, d / f32(max(counted[0], 1u)), params.mean != 0u);
  for (var j = 0u; j < params.classes; j++) {
    var bits = 0u;
    if (isIn) {
      bits = NAN_BITS;
      if (r.valid) {
        let goal = params.labelSmoothing / f32(params.classes) + select(0.0, 1.0 - params.labelSmoothing, i32(j) == labels[row]);
        bits = bitcast<u32>(scale * (exp(logits[start + j] - r.largest) / r.sum - goal));
      }
    }
    dlogits[start + j] = bits;
  }
}
