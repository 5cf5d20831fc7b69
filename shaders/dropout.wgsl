// y = x * scale where the element stays, else 0, the elements from `first` on, one thread each. step i32 [1], x and y f32.

// #include "lib/index.wgsl"
// #include "lib/dropout.wgsl"

struct Params {
  elements: u32,
  first: u32,
  seed: u32,
  threshold: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> step: i32;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = params.first + linearIndex(gid, workgroups, 64u);
  if (i >= params.elements) {
    return;
  }
  y[i] = select(0.0, x[i] * params.scale, stay(i / 4u)[i % 4u]);
}
