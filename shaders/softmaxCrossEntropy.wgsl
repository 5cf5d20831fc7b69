// rowLoss[r] = log(sum of exp(logit - largest)) + largest - (1 - labelSmoothing) * logit[label] - labelSmoothing * mean logit
// as bits, 0 for rows that do not count; rowState[r] = 1 for a counted row, 3 when its largest logit is the label.
// logits f32 [rows, classes], labels i32 [rows]. One thread a row.

// #include "lib/index.wgsl"
// #include "lib/labelled.wgsl"
// #include "lib/softmax.wgsl"

struct Params {
  rows: u32,
  classes: u32,
  ignoreIndex: i32,
  labelSmoothing: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> rowLoss: array<u32>;
@group(0) @binding(4) var<storage, read_write> rowState: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let row = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (row >= params.rows + min(arrayLength(&logits), 0)) {
    return;
  }
  if (!isCounted(row)) {
    rowLoss[row] = 0u;
    rowState[row] = 0u;
    return;
  }
  let start = row * params.classes;
  let r = softmaxOf(start, params.classes);
  let label = u32(labels[row]);
  rowState[row] = select(1u, 3u, r.valid && r.best == label);
  if (!r.valid) {
    rowLoss[row] = NAN_BITS;
    return;
  }
  // Differences from the largest logit first: logits may be large where the loss is small.
  var loss = log(r.sum) - (1.0 - params.labelSmoothing) * (logits[start + label] - r.largest);
  if (params.labelSmoothing > 0.0) {
    var sum = 0.0;
    for (var j = 0u; j < params.classes; j++) {
      sum += logits[start + j] - r.largest;
    }
    loss -= params.labelSmoothing / f32(params.classes) * sum;
  }
  rowLoss[row] = bitcast<u32>(loss);
}
