// dx = f'(v) dy, f32 bits as vec4s; a thread takes 4 of them. f is FUNCTION of lib/unary.wgsl with its parameters low and high.

// #include "lib/index.wgsl"
// #include "lib/unary.wgsl"

struct Params {
  vectors: u32,
  threads: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> v: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4<u32>>;

fn apply(i: u32) {
  dx[i] = unaryBackward(dy[i], v[i]);
}

// #include "lib/runOf4.wgsl"
