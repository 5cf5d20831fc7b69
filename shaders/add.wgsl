// y = act(a + b), f32, a and b of one shape; a thread takes every threads-th element.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  elements: u32,
  threads: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let first = linearIndex(gid, workgroups, 64u);
  if (first >= params.threads) {
    return;
  }
  for (var i = first; i < params.elements; i += params.threads) {
    let v = a[i] + b[i];
    y[i] = activate(v, params.activation);
  }
}
