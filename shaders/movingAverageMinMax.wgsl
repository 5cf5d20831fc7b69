// The first batch sets minOut and maxOut, later ones pull: m = f32(m + f32(c * f32(batch - m))), in place; one workgroup
// a channel over what observerExtents.wgsl found. Bits of f32, computed in integers, so that nothing is fused and the bits
// are the reference's. Nothing observed: min +Inf, max -Inf; a batch without finite values changes nothing.
// Source: PyTorch's MovingAverageMinMaxObserver.

// #include "lib/addMultiply.wgsl"
// #include "lib/index.wgsl"
// #include "lib/gatherExtents.wgsl"

struct Params {
  channels: u32,
  lanes: u32,
  averagingConstant: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lows: array<i32>;
@group(0) @binding(2) var<storage, read> highs: array<i32>;
@group(0) @binding(3) var<storage, read_write> minOut: array<u32>;
@group(0) @binding(4) var<storage, read_write> maxOut: array<u32>;

fn towards(m: u32, batch: u32) -> u32 {
  let difference = addFloat(batch, m ^ FLOAT_SIGN);
  return withoutNegativeZero(addFloat(m, multiplyFloat(bitcast<u32>(params.averagingConstant), difference)));
}

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
  if (thread != 0u || batch.x == EMPTY_LOW) {
    return;
  }
  let low = fromOrder(batch.x);
  let high = fromOrder(batch.y);
  if (minOut[c] == EMPTY_MIN && maxOut[c] == EMPTY_MAX) {
    minOut[c] = low;
    maxOut[c] = high;
  } else {
    minOut[c] = towards(minOut[c], low);
    maxOut[c] = towards(maxOut[c], high);
  }
}
