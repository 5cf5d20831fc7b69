// dx = dy * p + x * q + r with [p, q, r] = factors[0..2, c]; without TRAINING q and r are 0. x, dy and dx f32 [rows, channels].
// dinputScale and dinputShift are factors[3, c] and factors[4, c].

struct Params {
  threads: u32,
  vectors: u32,
  rows: u32,
  partStart: u32,
  rowStep: u32,
  span: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<Lane>;
@group(0) @binding(2) var<storage, read> x: array<Lane>;
@group(0) @binding(3) var<storage, read> factors: array<Lane>;
@group(0) @binding(4) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(5) var<storage, read_write> dinputScale: array<Lane>;
@group(0) @binding(6) var<storage, read_write> dinputShift: array<Lane>;

override TRAINING: bool = true;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&dy) + arrayLength(&x) + arrayLength(&dx) + arrayLength(&factors), 0)) {
    return;
  }
  let rows = rowsOf(index);
  // At most once: a CPU runs both branches of an `if`.
  for (var i = rows.part; i == 0u; i++) {
    dinputScale[rows.lane] = factors[3u * params.vectors + rows.lane];
    dinputShift[rows.lane] = factors[4u * params.vectors + rows.lane];
  }
  let p = factors[rows.lane];
  let q = factors[params.vectors + rows.lane];
  let r = factors[2u * params.vectors + rows.lane];
  var at = rows.first;
  for (var i = 0u; i < rows.count; i++) {
    var d = dy[at] * p;
    if (TRAINING) {
      d += x[at] * q + r;
    }
    dx[at] = d;
    at += rows.step;
  }
}
