// For each i < size the first k with index[k] = i, then for each k < count the next one with the same index; `count` where there
// is none. An index out of range is the nearest one. One thread an entry.

// #include "lib/index.wgsl"

struct Params {
  count: u32,
  size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> chain: array<u32>;

fn selected(k: u32, size: u32) -> u32 {
  return u32(clamp(index[k], 0, i32(size) - 1));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let p = params; // one load: every use of the uniform would be another
  let entry = linearIndex(gid, workgroups, 64u);
  if (entry >= p.size + p.count) {
    return;
  }
  var wanted = entry;
  var k = 0u;
  if (entry >= p.size) {
    k = entry - p.size;
    wanted = selected(k, p.size);
    k++;
  }
  while (k < p.count && selected(k, p.size) != wanted) {
    k++;
  }
  chain[entry] = k;
}
