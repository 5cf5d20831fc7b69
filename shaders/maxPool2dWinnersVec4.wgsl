// maxPool2dWinners, whole vec4s of channels.

// #include "lib/poolVectors.wgsl"
// #include "lib/maxPoolDown.wgsl"
// #include "lib/maxPoolWinners.wgsl"

fn made(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return y[at];
}
