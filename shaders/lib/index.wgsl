// The index of an invocation in a one-dimensional grid that the host may have folded into y
// (dispatch1d in src/ops/kernel.ts): groups of 65,535 and more do not fit one axis.
fn linearIndex(gid: vec3<u32>, workgroups: vec3<u32>, workgroupSize: u32) -> u32 {
  return gid.y * workgroups.x * workgroupSize + gid.x;
}
