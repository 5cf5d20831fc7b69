// y = max(x, 0), NaN kept. f32 bits as vec4s, so that every number passes as it is; a thread takes 4 of them.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  vectors: u32,
  threads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;

fn apply(i: u32) {
  let bits = x[i];
  y[i] = select(bits, vec4<u32>(), areNegative(bits));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = linearIndex(gid, workgroups, 64u);
  if (i >= params.threads) {
    return;
  }
  // Past the end the last one is done again, to the same result.
  let last = params.vectors - 1u;
  apply(i);
  apply(min(i + params.threads, last));
  apply(min(i + 2u * params.threads, last));
  apply(min(i + 3u * params.threads, last));
}
