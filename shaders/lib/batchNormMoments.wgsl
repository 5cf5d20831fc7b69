// partial[part, 0, c] = mean, partial[part, 1, c] = sum of squares about it, of the part's rows of x f32 [rows, channels].
// Blocks of 8 rows are taken about their own mean and combined by Chan's formula: nothing cancels.

struct Params {
  threads: u32,
  vectors: u32,
  rows: u32,
  partStart: u32,
  rowStep: u32,
  span: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read_write> partial: array<Lane>;

fn square(v: Lane) -> Lane {
  return v * v;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&x), 0)) {
    return;
  }
  let rows = rowsOf(index);
  var mean = Lane();
  var squares = Lane();
  var at = rows.first;
  var done = 0u;
  for (; done + 8u <= rows.count; done += 8u) {
    let a = x[at];
    let b = x[at + rows.step];
    let c = x[at + 2u * rows.step];
    let d = x[at + 3u * rows.step];
    let e = x[at + 4u * rows.step];
    let f = x[at + 5u * rows.step];
    let g = x[at + 6u * rows.step];
    let h = x[at + 7u * rows.step];
    at += 8u * rows.step;
    let m = (((a + b) + (c + d)) + ((e + f) + (g + h))) * 0.125;
    let q = ((square(a - m) + square(b - m)) + (square(c - m) + square(d - m))) +
      ((square(e - m) + square(f - m)) + (square(g - m) + square(h - m)));
    let weight = 8.0 / f32(done + 8u);
    let distance = m - mean;
    mean += distance * weight;
    squares += q + distance * distance * (f32(done) * weight);
  }
  for (; done < rows.count; done++) {
    let v = x[at];
    at += rows.step;
    let distance = v - mean;
    mean += distance / f32(done + 1u);
    squares += distance * (v - mean);
  }
  let to = rows.part * 2u * params.vectors + rows.lane;
  partial[to] = mean;
  partial[to + params.vectors] = squares;
}
