// dequantize.wgsl for rows whose length is a multiple of 4: y is written 4 at a time.

// #include "lib/index.wgsl"
// #include "lib/words.wgsl"
// #include "lib/dequantizer.wgsl"

struct Params {
  outer: u32,
  channels: u32,
  inner: u32,
  outerLanes: u32,
  innerLanes: u32,
  rowLength: u32,
  rowWords: u32,
  laneStep: u32,
  signBit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> zeroPoint: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let lane = laneOf(linearIndex(gid, workgroups, 64u));
  // Lengths asked for here are not found out again in every round.
  if (lane.outer >= params.outerLanes + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let d = dequantizerAt(wordChannel(lane), params.signBit);
  for (var o = lane.outer; o < slicesEnd(lane); o += params.outerLanes) {
    let run = runOf(lane, o);
    for (var i = run.first; i < run.end; i += run.step) {
      y[i] = dequantized(d, x[i]);
    }
  }
}
