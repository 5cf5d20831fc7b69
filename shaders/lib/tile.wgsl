// A tile of a convolution: 8 output pixels x 4 * BLOCKS output channels a thread, in registers, no workgroup memory.
//   y[pixel, o] = act(bias[o] + sum over tap rows r and the run k of x[base(pixel) + place(r) + k] . weight[r, k, o])
// A run is what lies side by side in x: kw * channels values of one image row, read as vec4s; with taps apart (dilation) one
// tap's channels, and `runs` of them, runStep apart, make a row: place(r) = r / runs * tapStep + r mod runs * runStep. x has its borders and its
// channels padded with zeros, so the loop has no conditions. weight is packed in mat4x4 of 4 channels x 4 output channels,
// [tap row][run][blocks], `blocks` rounded up to a multiple of BLOCKS with zeros.
// Where there are few pixels and a long run, the run falls into parts: more threads, each with a plane of y of its own, which
// are summed afterwards.
// Needs BLOCKS, Block, Weights, Channels, startOf, loadWeights, multiplyAdd and channelsOf from lib/tileWide.wgsl or
// lib/tileNarrow.wgsl, and biasOf, y and store from lib/tileVectors.wgsl or lib/tileScalars.wgsl.
// Why this shape: on a CPU a load costs as much as 10 multiply-adds, and a mat4x4 of weights serves 8 pixels.

struct Params {
  // Output pixels: all, a row's, an image's rows.
  pixels: u32,
  width: u32,
  height: u32,
  // Where the window of an output pixel starts in x, in vec4s: xStart + image * xImage + row * xRow + column * xColumn.
  xImage: u32,
  xRow: u32,
  xColumn: u32,
  xStart: u32,
  // The window: rows, their distance in x, the runs of a row, their distance, and how many vec4s lie side by side in one.
  tapRows: u32,
  tapStep: u32,
  runs: u32,
  runStep: u32,
  run: u32,
  // With more than one part, of a single tap row: how many, and the length of one.
  parts: u32,
  partRun: u32,
  // First mat4x4 of the weights, how many there are for one vec4 of x, and how many output channels.
  weightStart: u32,
  blocks: u32,
  channels: u32,
  // Where an output pixel lies in y, in elements.
  yImage: u32,
  yRow: u32,
  yColumn: u32,
  yStart: u32,
  yPart: u32,
  hasBias: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<mat4x4<f32>>;

const PIXELS = 8u;

// Two vec4s of x at a time, one after the other, where runs are even: half as many sums are stored. Loops ask at their ends, for
// software devices run the body of one that asks first once more than it asks for.
override PAIRS: bool;

struct Pair {
  a: Weights,
  b: Weights,
}

fn loadPair(at: u32) -> Pair {
  if (PAIRS) {
    return Pair(loadWeights(at), loadWeights(at + params.blocks));
  }
  return Pair(loadWeights(at), Weights());
}

fn addPair(sum: Block, w: Pair, at: u32) -> Block {
  let first = multiplyAdd(sum, w.a, x[at]);
  if (PAIRS) {
    return multiplyAdd(first, w.b, x[at + 1]);
  }
  return first;
}

// Image, row and column of an output pixel; pixels past the end repeat the last one and are not stored.
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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  // All threads of a workgroup have the same channels, so that they read the same weights.
  let index = linearIndex(gid, workgroups, 64u);
  let tiles = params.blocks / BLOCKS;
  let group = index / 64u;
  let firstBlock = group % tiles * BLOCKS;
  let part = group / tiles % params.parts;
  let pixel = (group / tiles / params.parts * 64u + index % 64u) * PIXELS;
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (pixel >= params.pixels + min(arrayLength(&x) + arrayLength(&weight) + arrayLength(&y), 0)) {
    return;
  }
  let x0 = windowOf(pixel);
  let x1 = windowOf(pixel + 1u);
  let x2 = windowOf(pixel + 2u);
  let x3 = windowOf(pixel + 3u);
  let x4 = windowOf(pixel + 4u);
  let x5 = windowOf(pixel + 5u);
  let x6 = windowOf(pixel + 6u);
  let x7 = windowOf(pixel + 7u);
  var sums = array<Block, 8>();
  if (params.hasBias != 0u) {
    let start = startOf(firstBlock);
    sums = array<Block, 8>(start, start, start, start, start, start, start, start);
  }
  let skipped = part * params.partRun;
  let run = min(params.partRun, params.run - skipped);
  var w = params.weightStart + skipped * params.blocks + firstBlock;
  if (params.tapRows != 0u) {
    var row = 0u;
    loop {
      let tapRow = row / params.runs;
      var k = tapRow * params.tapStep + (row - tapRow * params.runs) * params.runStep + skipped;
      let end = k + run;
      loop {
        let weights = loadPair(w);
        sums[0] = addPair(sums[0], weights, x0 + k);
        sums[1] = addPair(sums[1], weights, x1 + k);
        sums[2] = addPair(sums[2], weights, x2 + k);
        sums[3] = addPair(sums[3], weights, x3 + k);
        sums[4] = addPair(sums[4], weights, x4 + k);
        sums[5] = addPair(sums[5], weights, x5 + k);
        sums[6] = addPair(sums[6], weights, x6 + k);
        sums[7] = addPair(sums[7], weights, x7 + k);
        let step = select(1u, 2u, PAIRS);
        w += step * params.blocks;
        k += step;
        continuing {
          break if k >= end;
        }
      }
      row++;
      continuing {
        break if row >= params.tapRows;
      }
    }
  }
  for (var i = 0u; i < min(PIXELS, params.pixels - pixel); i++) {
    let at = locate(pixel + i);
    let to = params.yStart + part * params.yPart + at.x * params.yImage + at.y * params.yRow + at.z * params.yColumn;
    store(to, firstBlock, channelsOf(sums[i]));
  }
}
