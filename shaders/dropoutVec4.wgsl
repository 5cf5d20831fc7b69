// y = x * scale where the element stays, else 0, as vec4s; a thread takes 4 of them. step i32 [1], x and y f32.

// #include "lib/index.wgsl"
// #include "lib/dropout.wgsl"

struct Params {
  vectors: u32,
  threads: u32,
  seed: u32,
  threshold: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> step: i32;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

fn apply(i: u32) {
  y[i] = select(vec4(0.0), x[i] * params.scale, stay(i));
}

// #include "lib/runOf4.wgsl"
