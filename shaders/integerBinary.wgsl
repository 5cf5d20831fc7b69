// y = a op b of whole numbers, modulo 2^32, a or b broadcast as lib/broadcast.wgsl walks them. FUNCTION: 0 add, 1 sub, 2 mul, 3
// div, which cuts the fraction off; a / 0 is a. UNSIGNED: u32, which matters to div alone.

// #include "lib/index.wgsl"
// #include "lib/broadcast.wgsl"

struct Params {
  threads: u32,
  size: u32,
  chunks: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  aOuter: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  bOuter: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
}

override FUNCTION: u32;
override UNSIGNED: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<i32>;
@group(0) @binding(2) var<storage, read> b: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let at = neighboursOf(index);
  var left = vec4(a[at.a]);
  if (A_STEP == 1u) {
    left = vec4(a[at.a + at.column.x], a[at.a + at.column.y], a[at.a + at.column.z], a[at.a + at.column.w]);
  }
  var right = vec4(b[at.b]);
  if (B_STEP == 1u) {
    right = vec4(b[at.b + at.column.x], b[at.b + at.column.y], b[at.b + at.column.z], b[at.b + at.column.w]);
  }
  var result = left + right;
  if (FUNCTION == 1u) {
    result = left - right;
  } else if (FUNCTION == 2u) {
    result = left * right;
  } else if (FUNCTION == 3u) {
    result = left / right;
    if (UNSIGNED) {
      result = bitcast<vec4<i32>>(bitcast<vec4<u32>>(left) / bitcast<vec4<u32>>(right));
    }
  }
  let place = at.row * params.size + at.column;
  y[place.x] = result.x;
  y[place.y] = result.y;
  y[place.z] = result.z;
  y[place.w] = result.w;
}
