// Where each window of a max pool has its first maximum, row by row: see lib/poolWinners.wgsl. Whole vec4s of channels.

// #include "lib/poolWinners.wgsl"

@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;

fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return x[at];
}
