// Partial sums of a convolution's weight gradient: 16 * 4 BLOCKS weights a thread in registers, no workgroup memory.
//   y[part, o, k] = sum over the part's output rows, and over the pixels p in one, of dy[p, o] * x[window(p) + k]
// x is an image of vec4s with its borders and channels padded with zeros (lib/tile.wgsl), dy one with padded channels. A
// thread holds 4 vec4s of the window k and BLOCKS vec4s of output channels; output rows [n * height] fall into parts of
// partRows. y f32 [parts, channels, taps * inChannels] drops the padding again. The parts are summed afterwards, in order.
// Needs BLOCKS, Block, loadGradient, multiplyAdd and channelsOf from lib/outerWide.wgsl or lib/outerNarrow.wgsl.
// Why this shape: on a CPU a load costs as much as 10 multiply-adds; here (BLOCKS + 4) loads of vec4s serve 64 BLOCKS.

struct Params {
  threads: u32,
  // Threads for all weights: windowTiles for the window, as often as the output channels need.
  windowTiles: u32,
  tiles: u32,
  // Output rows: all, in a part, and in an image; pixels in one.
  rows: u32,
  partRows: u32,
  height: u32,
  width: u32,
  // Steps in x, in vec4s, and the first row and column of the window of pixel 0.
  xImage: u32,
  xRow: u32,
  xColumn: u32,
  // The window: taps [.., tapColumns], each of `vectors` vec4s, at row * tapRow + column * tapColumn.
  window: u32,
  vectors: u32,
  tapColumns: u32,
  tapRow: u32,
  tapColumn: u32,
  dyVectors: u32,
  inChannels: u32,
  channels: u32,
  // taps * inChannels
  weights: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> dy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// Where the k-th vec4 of a window lies in x; past the window's end its last one.
fn placeOf(k: u32) -> u32 {
  let at = min(k, params.window - 1u);
  let tap = at / params.vectors;
  let row = tap / params.tapColumns;
  return row * params.tapRow + (tap - row * params.tapColumns) * params.tapColumn + at - tap * params.vectors;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let part = index / params.tiles;
  let tile = index - part * params.tiles;
  let firstBlock = tile / params.windowTiles * BLOCKS;
  let k = tile % params.windowTiles * 4u;
  let x0 = placeOf(k);
  let x1 = placeOf(k + 1u);
  let x2 = placeOf(k + 2u);
  let x3 = placeOf(k + 3u);
  var sums = array<Block, 16>();
  let first = part * params.partRows;
  for (var line = first; line < min(first + params.partRows, params.rows); line++) {
    let image = line / params.height;
    var at = image * params.xImage + (line - image * params.height) * params.xRow;
    var place = line * params.width * params.dyVectors + firstBlock;
    for (var column = 0u; column < params.width; column++) {
      let d = loadGradient(place);
      let a = x[at + x0];
      let b = x[at + x1];
      let c = x[at + x2];
      let e = x[at + x3];
      sums[0] = multiplyAdd(sums[0], d, a.x);
      sums[1] = multiplyAdd(sums[1], d, a.y);
      sums[2] = multiplyAdd(sums[2], d, a.z);
      sums[3] = multiplyAdd(sums[3], d, a.w);
      sums[4] = multiplyAdd(sums[4], d, b.x);
      sums[5] = multiplyAdd(sums[5], d, b.y);
      sums[6] = multiplyAdd(sums[6], d, b.z);
      sums[7] = multiplyAdd(sums[7], d, b.w);
      sums[8] = multiplyAdd(sums[8], d, c.x);
      sums[9] = multiplyAdd(sums[9], d, c.y);
      sums[10] = multiplyAdd(sums[10], d, c.z);
      sums[11] = multiplyAdd(sums[11], d, c.w);
      sums[12] = multiplyAdd(sums[12], d, e.x);
      sums[13] = multiplyAdd(sums[13], d, e.y);
      sums[14] = multiplyAdd(sums[14], d, e.z);
      sums[15] = multiplyAdd(sums[15], d, e.w);
      at += params.xColumn;
      place += params.dyVectors;
    }
  }
  let output = firstBlock * 4u;
  let count = min(BLOCKS * 4u, params.channels - min(params.channels, output));
  for (var i = 0u; i < 16u; i++) {
    let vector = k + i / 4u;
    let tap = vector / params.vectors;
    let input = (vector - tap * params.vectors) * 4u + i % 4u;
    if (vector < params.window && input < params.inChannels) {
      let channels = channelsOf(sums[i]);
      for (var o = 0u; o < count; o++) {
        y[(part * params.channels + output + o) * params.weights + tap * params.inChannels + input] = channels[o / 4u][o % 4u];
      }
    }
  }
}
