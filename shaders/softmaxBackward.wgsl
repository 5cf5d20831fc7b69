// dx[r, j] = y[r, j] * (dy[r, j] - sum over k of dy[r, k] y[r, k]), along rows of `classes`, summed in order. dy, y and dx f32
// [rows, classes]. One thread a row.

// #include "lib/index.wgsl"

struct Params {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let row = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (row >= params.rows + min(arrayLength(&dy) + arrayLength(&y) + arrayLength(&dx), 0)) {
    return;
  }
  let start = row * params.classes;
  var sum = 0.0;
  for (var j = start; j < start + params.classes; j++) {
    sum += dy[j] * y[j];
  }
  for (var j = start; j < start + params.classes; j++) {
    dx[j] = y[j] * (dy[j] - sum);
  }
}
