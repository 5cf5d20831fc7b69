// Convolution of a padded image with packed weights through workgroup memory, for GPUs: 128 pixels x 32 output channels a
// workgroup, 4 vec4s of the window a step; 8 pixels x 8 channels a thread. Formula, Params, shapes and packing as in
// lib/tile.wgsl, with one part; blocks is a multiple of 8. f32 sums, vec4 by vec4, in the order of the window.
// Workgroup memory: 128 x 4 vec4s of x and 4 x 8 mat4x4s of weights, 10 KiB. Neighbouring threads load neighbouring vec4s.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"

struct Params {
  pixels: u32,
  width: u32,
  height: u32,
  xImage: u32,
  xRow: u32,
  xColumn: u32,
  xStart: u32,
  tapRows: u32,
  tapStep: u32,
  runs: u32,
  runStep: u32,
  run: u32,
  weightStart: u32,
  blocks: u32,
  channels: u32,
  yImage: u32,
  yRow: u32,
  yColumn: u32,
  yStart: u32,
  hasBias: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const PIXELS = 128u;
const BLOCKS = 8u;
const STEP = 4u;

var<workgroup> windows: array<vec4<f32>, 512>;
var<workgroup> weights: array<vec4<f32>, 128>;

fn locate(pixel: u32) -> vec3<u32> {
  let p = min(pixel, params.pixels - 1u);
  let row = p / params.width;
  let image = row / params.height;
  return vec3(image, row - image * params.height, p - row * params.width);
}

fn windowOf(pixel: u32) -> u32 {
  let at = locate(pixel);
  return params.xStart + at.x * params.xImage + at.y * params.xRow + at.z * params.xColumn;
}

fn matrixOf(at: u32) -> mat4x4<f32> {
  return mat4x4<f32>(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let tiles = params.blocks / BLOCKS;
  let tile = linearIndex(group, workgroups, 1u);
  let firstBlock = tile % tiles * BLOCKS;
  let firstPixel = tile / tiles * PIXELS;
  // A thread loads the vec4 `lane` of a step for every 16th pixel from `loads` on.
  let lane = thread % STEP;
  let loads = thread / STEP;
  var places = array<u32, 8>();
  for (var i = 0u; i < 8u; i++) {
    places[i] = windowOf(firstPixel + loads + 16u * i);
  }
  // It computes 8 pixels, 16 apart, and 2 blocks of channels, 4 apart.
  let column = thread % 4u;
  let row = thread / 4u;
  var left = array<vec4<f32>, 8>();
  var right = array<vec4<f32>, 8>();
  let window = params.tapRows * params.run;
  for (var start = 0u; start < window; start += STEP) {
    let k = start + lane;
    let inside = k < window;
    let tap = k / max(params.run, 1u);
    let tapRow = tap / params.runs;
    let offset = tapRow * params.tapStep + (tap - tapRow * params.runs) * params.runStep + k - tap * params.run;
    for (var i = 0u; i < 8u; i++) {
      var v = vec4<f32>();
      if (inside) {
        v = x[places[i] + offset];
      }
      windows[(loads + 16u * i) * STEP + lane] = v;
    }
    // 32 vec4s of weights for each vec4 of the window: two of these a round.
    for (var i = 0u; i < 2u; i++) {
      let q = 2u * i + thread / 32u;
      var v = vec4<f32>();
      if (start + q < window) {
        v = weight[(params.weightStart + (start + q) * params.blocks + firstBlock) * 4u + thread % 32u];
      }
      weights[q * 32u + thread % 32u] = v;
    }
    workgroupBarrier();
    for (var q = 0u; q < STEP; q++) {
      let a = matrixOf(q * 32u + column * 4u);
      let b = matrixOf(q * 32u + 16u + column * 4u);
      for (var i = 0u; i < 8u; i++) {
        let v = windows[(row + 16u * i) * STEP + q];
        left[i] += a * v;
        right[i] += b * v;
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 8u; i++) {
    let pixel = firstPixel + row + 16u * i;
    if (pixel < params.pixels) {
      let at = locate(pixel);
      let to = params.yStart + at.x * params.yImage + at.y * params.yRow + at.z * params.yColumn;
      for (var o = 0u; o < 8u; o++) {
        let channel = (firstBlock + column + o / 4u * 4u) * 4u + o % 4u;
        if (channel < params.channels) {
          var v = select(left[i][o % 4u], right[i][o % 4u], o >= 4u);
          if (params.hasBias != 0u) {
            v += bias[channel];
          }
          y[to + channel] = activate(v, params.activation);
        }
      }
    }
  }
}
