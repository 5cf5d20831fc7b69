// destination = source, word by word: how a memory plan keeps contents that are needed later.
// The backend's own kernel, no op: a run stays one compute pass where copyBufferToBuffer would end it.

// #include "../lib/index.wgsl"

@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(1) var<storage, read_write> destination: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let i = linearIndex(gid, workgroups, 64u);
  if (i < arrayLength(&destination)) {
    destination[i] = source[i];
  }
}
