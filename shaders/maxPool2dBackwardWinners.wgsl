// maxPool2dBackwardWinnersVec4.wgsl for any number of channels.

// #include "lib/poolWinners.wgsl"

@group(0) @binding(1) var<storage, read> x: array<u32>;

fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(x[at], x[at + lanes.y], x[at + lanes.z], x[at + lanes.w]);
}
