// maxPool2d of windows that overlap, any number of channels.

// #include "lib/poolScalars.wgsl"
// #include "lib/maxPoolDown.wgsl"
// #include "lib/maxPoolMaxima.wgsl"

fn made(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(y[at], y[at + lanes.y], y[at + lanes.z], y[at + lanes.w]);
}
