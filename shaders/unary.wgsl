// y = f(x), f32 bits, the elements from `first` on, one thread each. f is FUNCTION of lib/unary.wgsl with its parameters low
// and high.

// #include "lib/index.wgsl"
// #include "lib/unary.wgsl"

struct Params {
  elements: u32,
  first: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = params.first + linearIndex(gid, workgroups, 64u);
  if (i >= params.elements) {
    return;
  }
  y[i] = unary(vec4(x[i])).x;
}
