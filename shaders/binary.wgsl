// y = act(a op b), f32, a and b of one shape, the elements from `first` on, one thread each. op is FUNCTION of lib/binary.wgsl.

// #include "lib/index.wgsl"
// #include "lib/binary.wgsl"

struct Params {
  elements: u32,
  first: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = params.first + linearIndex(gid, workgroups, 64u);
  if (i >= params.elements) {
    return;
  }
  y[i] = binary(vec4(a[i]), vec4(b[i])).x;
}
