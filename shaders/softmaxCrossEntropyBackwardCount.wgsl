// counted[0] = the number of rows whose label is a class and not ignoreIndex. labels i32 [rows]. One workgroup.

// #include "lib/labelled.wgsl"

struct Params {
  rows: u32,
  classes: u32,
  ignoreIndex: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read_write> counted: array<u32>;

const THREADS = 64u;

var<workgroup> total: atomic<u32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  var count = 0u;
  for (var row = thread; row < params.rows; row += THREADS) {
    count += select(0u, 1u, isCounted(row));
  }
  atomicAdd(&total, count);
  workgroupBarrier();
  if (thread == 0u) {
    counted[0] = atomicLoad(&total);
  }
}
