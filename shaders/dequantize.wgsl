// y = f32((x - z) * s): i8 or u8 to f32, per tensor or per channel. x packs 4 values a word along the innermost axis;
// its padding lanes are not read into y. A thread owns words of one channel, or, where the channels are the innermost
// axis (laneStep 1), a column of words. signBit is 128 for i8 (two's complement as an offset), 0 for u8.

// #include "lib/index.wgsl"
// #include "lib/channels.wgsl"

struct Params {
  // Of words.
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  // Elements and words of the innermost axis.
  rowLength: u32,
  rowWords: u32,
  laneStep: u32,
  signBit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> zeroPoint: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u), params.channels, params.innerLanes);
  if (lane.outer >= params.outerLanes) {
    return;
  }
  let first = select(lane.channel, lane.channel * 4u, params.laneStep == 1u);
  let last = select(params.channels, params.rowLength, params.laneStep == 1u) - 1u;
  for (var o = lane.outer; o < params.outer; o += params.outerLanes) {
    let end = (o * params.channels + lane.channel + 1u) * params.inner;
    for (var i = end - params.inner + lane.inner; i < end; i += params.innerLanes) {
      let row = i / params.rowWords;
      let column = (i - row * params.rowWords) * 4u;
      let start = row * params.rowLength + column;
      let count = min(params.rowLength - column, 4u);
      let word = x[i];
      for (var k = 0u; k < count; k++) {
        let c = min(first + k * params.laneStep, last);
        let byte = ((word >> (8u * k)) & 0xffu) ^ params.signBit;
        y[start + k] = f32(i32(byte) - i32(params.signBit) - zeroPoint[c]) * scale[c];
      }
    }
  }
}
