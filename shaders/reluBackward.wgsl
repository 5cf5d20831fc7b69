// dx = y <= 0 ? 0 : dy, for relu6 0 from y = 6 on, too; where y is NaN, dy passes. f32 bits; a thread takes every threads-th element.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  elements: u32,
  threads: u32,
  activation: u32, // 1 relu, 2 relu6
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<u32>;
@group(0) @binding(2) var<storage, read> y: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let first = linearIndex(gid, workgroups, 64u);
  if (first >= params.threads) {
    return;
  }
  for (var i = first; i < params.elements; i += params.threads) {
    let bits = y[i];
    dx[i] = select(dy[i], 0u, bits == 0u || isNegative(bits) || (params.activation == 2u && isSixOrMore(bits)));
  }
}
