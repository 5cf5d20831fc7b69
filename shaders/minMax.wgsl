// minOut = min(minOut, smallest of the batch), maxOut = max(maxOut, largest of the batch), in place; one workgroup a
// channel over what observerExtents.wgsl found. Bits of f32. Nothing observed: min +Inf, max -Inf.

// #include "lib/index.wgsl"
// #include "lib/gatherExtents.wgsl"

struct Params {
  channels: u32,
  lanes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lows: array<i32>;
@group(0) @binding(2) var<storage, read> highs: array<i32>;
@group(0) @binding(3) var<storage, read_write> minOut: array<u32>;
@group(0) @binding(4) var<storage, read_write> maxOut: array<u32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let c = linearIndex(group, workgroups, 1u);
  if (c >= params.channels) {
    return;
  }
  let batch = gatherExtents(c, params.channels, params.lanes, thread);
  if (thread == 0u) {
    minOut[c] = fromOrder(min(orderOf(minOut[c]), batch.x));
    maxOut[c] = fromOrder(max(orderOf(maxOut[c]), batch.y));
  }
}
