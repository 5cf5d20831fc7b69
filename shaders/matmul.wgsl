// y[matrix, i, j] = act(sum over l < k of a[i, l] * b[l, j]), l in order, i < m, j < n. In a matrix of a a row is aRow elements
// apart, along the sum it goes by aStep; in one of b by bStep, and by bColumn from column to column. Matrices of y lie one behind
// the other, counted along up to 4 axes, the inner three of size1 to size3; a and b step by a0 to a3 and b0 to b3 along them, 0
// where they are broadcast. A thread holds 4 x 4 elements of y; past the end of an axis the last ones are done again.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  threads: u32,
  m: u32,
  n: u32,
  k: u32,
  down: u32, // blocks of 4 rows and columns
  across: u32,
  aRow: u32,
  aStep: u32,
  bStep: u32,
  bColumn: u32,
  activation: u32, // see lib/activation.wgsl
  size1: u32,
  size2: u32,
  size3: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn store(row: u32, columns: vec4<u32>, sum: vec4<f32>) {
  let v = activateVec4(sum, params.activation);
  y[row + columns.x] = v.x;
  y[row + columns.y] = v.y;
  y[row + columns.z] = v.z;
  y[row + columns.w] = v.w;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let p = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= p.threads + min(arrayLength(&a) + arrayLength(&b), 0)) {
    return;
  }
  let line = index / p.across;
  let matrix = line / p.down;
  let offsets = vec4(0u, 1u, 2u, 3u);
  let columns = min(vec4(4u * (index - line * p.across)) + offsets, vec4(p.n - 1u));
  let rows = min(vec4(4u * (line - matrix * p.down)) + offsets, vec4(p.m - 1u));

  let i2 = matrix / p.size3;
  let i1 = i2 / p.size2;
  let i0 = i1 / p.size1;
  let at = vec4(i0, i1 - i0 * p.size1, i2 - i1 * p.size2, matrix - i2 * p.size3);
  var left = rows * p.aRow + dot(at, vec4(p.a0, p.a1, p.a2, p.a3));
  var right = columns * p.bColumn + dot(at, vec4(p.b0, p.b1, p.b2, p.b3));

  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var l = 0u; l < p.k; l++) {
    let v = vec4(b[right.x], b[right.y], b[right.z], b[right.w]);
    sum0 += a[left.x] * v;
    sum1 += a[left.y] * v;
    sum2 += a[left.z] * v;
    sum3 += a[left.w] * v;
    left += p.aStep;
    right += p.bStep;
  }
  let to = matrix * p.m;
  store((to + rows.x) * p.n, columns, sum0);
  store((to + rows.y) * p.n, columns, sum1);
  store((to + rows.z) * p.n, columns, sum2);
  store((to + rows.w) * p.n, columns, sum3);
}
