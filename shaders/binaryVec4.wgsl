// y = act(a op b), f32, a and b of one shape, as vec4s; a thread takes 4 of them. op is FUNCTION of lib/binary.wgsl.

// #include "lib/index.wgsl"
// #include "lib/binary.wgsl"

struct Params {
  vectors: u32,
  threads: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

fn apply(i: u32) {
  y[i] = binary(a[i], b[i]);
}

// #include "lib/runOf4.wgsl"
