// The entry of elementwise kernels on vec4s: calls `apply` of 4 of them a thread, `threads` apart, so that neighbouring
// threads read neighbours. Needs Params with vectors and threads, index.wgsl and fn apply(i: u32).

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
