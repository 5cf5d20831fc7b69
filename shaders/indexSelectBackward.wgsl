// dx[outer, i, inner] = the sum of dy[outer, k, inner] over all k with index[k] = i, in order: those that `chain` leads through
// (see indexSelectBackwardChain.wgsl). dx f32 has `size` of the axis, dy `count`. One thread an element of dx: no two add to
// the same sum.

// #include "lib/index.wgsl"

struct Params {
  elements: u32,
  count: u32,
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> chain: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let p = params; // one load: every use of the uniform would be another
  let element = linearIndex(gid, workgroups, 64u);
  if (element >= p.elements) {
    return;
  }
  let slot = element / p.inner;
  let outer = slot / p.size;
  let first = outer * p.count * p.inner + element - slot * p.inner;
  var sum = 0.0;
  for (var k = chain[slot - outer * p.size]; k < p.count; k = chain[p.size + k]) {
    sum += dy[first + k * p.inner];
  }
  dx[element] = sum;
}
