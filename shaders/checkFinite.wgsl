// firstBadOut = step where it is 0 and x holds NaN or Inf (exponent bits all set); else it stays. In place.
// x: the words of an f32 tensor. Each thread looks at every threads-th word, so that neighbours read neighbours. All that
// store, store the same value, so their order does not matter.

// #include "lib/index.wgsl"

struct Params {
  elements: u32,
  threads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> step: i32;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> firstBadOut: atomic<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let first = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (first >= params.threads + min(arrayLength(&x), 0)) {
    return;
  }
  var bad = false;
  for (var i = first; i < params.elements; i += params.threads) {
    bad = bad || (x[i] & 0x7f800000u) == 0x7f800000u;
  }
  if (bad && atomicLoad(&firstBadOut) == 0) {
    atomicStore(&firstBadOut, step);
  }
}
