// y = max(x, 0), NaN kept. f32 bits, so that every number passes as it is; a thread takes every threads-th element.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  elements: u32,
  threads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let first = linearIndex(gid, workgroups, 64u);
  if (first >= params.threads) {
    return;
  }
  for (var i = first; i < params.elements; i += params.threads) {
    let bits = x[i];
    y[i] = select(bits, 0u, isNegative(bits));
  }
}
