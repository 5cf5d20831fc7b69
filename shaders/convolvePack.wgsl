// y = weights in mat4x4 of 4 input x 4 output channels, [tap row a][tap column b][input / 4][blocks]: column q, row r of a
// matrix is the weight of input channel 4 i + q and output channel 4 j + r, 0 past the last channel. Which weight that is,
// the steps say: x[start + a * rowStep + b * columnStep + input * inStep + output * outStep]; they may be negative (a flipped
// kernel). One thread a matrix.

// #include "lib/index.wgsl"

struct Params {
  matrices: u32,
  // First matrix to write.
  to: u32,
  columns: u32,
  inVectors: u32,
  blocks: u32,
  inChannels: u32,
  outChannels: u32,
  start: i32,
  rowStep: i32,
  columnStep: i32,
  inStep: i32,
  outStep: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= params.matrices + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let line = index / params.blocks;
  let tap = line / params.inVectors;
  let a = tap / params.columns;
  let output = (index - line * params.blocks) * 4u;
  let input = (line - tap * params.inVectors) * 4u;
  let start = params.start + i32(a) * params.rowStep + i32(tap - a * params.columns) * params.columnStep;
  for (var q = 0u; q < 4u; q++) {
    var column = vec4<f32>();
    for (var r = 0u; r < 4u; r++) {
      if (input + q < params.inChannels && output + r < params.outChannels) {
        column[r] = x[start + i32(input + q) * params.inStep + i32(output + r) * params.outStep];
      }
    }
    y[(params.to + index) * 4u + q] = column;
  }
}
