// partial[part, 0, c] = sum dy, partial[part, 1, c] = sum dy * h over the part's rows, h = (x * inputScale + inputShift - mean)
// * invStd. x and dy f32 [rows, channels]. Blocks of 4 rows are summed before they are added.

struct Params {
  threads: u32,
  vectors: u32,
  rows: u32,
  partStart: u32,
  rowStep: u32,
  span: u32,
  hasScale: u32,
  hasShift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<Lane>;
@group(0) @binding(2) var<storage, read> x: array<Lane>;
@group(0) @binding(3) var<storage, read> mean: array<Lane>;
@group(0) @binding(4) var<storage, read> invStd: array<Lane>;
@group(0) @binding(5) var<storage, read> inputScale: array<Lane>;
@group(0) @binding(6) var<storage, read> inputShift: array<Lane>;
@group(0) @binding(7) var<storage, read_write> partial: array<Lane>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&dy) + arrayLength(&x), 0)) {
    return;
  }
  let rows = rowsOf(index);
  // h = x * a + b
  var a = invStd[rows.lane];
  var b = -mean[rows.lane];
  if (params.hasShift != 0u) {
    b += inputShift[rows.lane];
  }
  b *= a;
  if (params.hasScale != 0u) {
    a *= inputScale[rows.lane];
  }
  var sum = Lane();
  var product = Lane();
  var at = rows.first;
  var done = 0u;
  for (; done + 4u <= rows.count; done += 4u) {
    let d0 = dy[at];
    let h0 = x[at] * a + b;
    let d1 = dy[at + rows.step];
    let h1 = x[at + rows.step] * a + b;
    let d2 = dy[at + 2u * rows.step];
    let h2 = x[at + 2u * rows.step] * a + b;
    let d3 = dy[at + 3u * rows.step];
    let h3 = x[at + 3u * rows.step] * a + b;
    at += 4u * rows.step;
    sum += (d0 + d1) + (d2 + d3);
    product += (d0 * h0 + d1 * h1) + (d2 * h2 + d3 * h3);
  }
  for (; done < rows.count; done++) {
    let d = dy[at];
    sum += d;
    product += d * (x[at] * a + b);
    at += rows.step;
  }
  let to = rows.part * 2u * params.vectors + rows.lane;
  partial[to] = sum;
  partial[to + params.vectors] = product;
}
