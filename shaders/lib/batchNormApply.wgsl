// y = act(x * a + b) with a = affine[0, c] * weight[c], b = bias[c] - affine[1, c] * weight[c]. x and y f32 [rows, channels].

struct Params {
  threads: u32,
  vectors: u32,
  rows: u32,
  partStart: u32,
  rowStep: u32,
  span: u32,
  hasWeight: u32,
  hasBias: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> affine: array<Lane>;
@group(0) @binding(3) var<storage, read> weight: array<Lane>;
@group(0) @binding(4) var<storage, read> bias: array<Lane>;
@group(0) @binding(5) var<storage, read_write> y: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let rows = rowsOf(index);
  var a = affine[rows.lane];
  var b = -affine[params.vectors + rows.lane];
  if (params.hasWeight != 0u) {
    a *= weight[rows.lane];
    b *= weight[rows.lane];
  }
  if (params.hasBias != 0u) {
    b += bias[rows.lane];
  }
  var at = rows.first;
  for (var i = 0u; i < rows.count; i++) {
    y[at] = activateLane(x[at] * a + b, params.activation);
    at += rows.step;
  }
}
