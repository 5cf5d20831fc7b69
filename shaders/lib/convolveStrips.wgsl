// Depthwise convolution with 3 x 3 taps, 4 channels x 4 pixels of a row a thread, which walks down a part of the image's
// rows: the weights are loaded once, and of the 3 rows of a window only those that the row before did not have.
//   y[row, column, c] = act(bias[c] + sum over a, b of x[row * STRIDE - top + a, column * STRIDE - left + b, c] * weight[...]),
// zeros outside of the image; f32 sums row of taps by row. x f32 [n, inHeight, inWidth, lanes], y [n, height, width, lanes], as
// vec4s. The weight of channel c is at weightStart + c * 9 + a * weightRow + b * weightColumn.
// Needs STRIDE, Places, Line, placesOf, lineAt and tapsOf from shaders/convolveGroupsStrips*.wgsl.

struct Params {
  threads: u32,
  // Vec4s of a pixel.
  lanes: u32,
  // Threads side by side on a row, and parts of an image's rows.
  strips: u32,
  parts: u32,
  partRows: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  top: i32,
  left: i32,
  weightStart: i32,
  weightRow: i32,
  weightColumn: i32,
  hasBias: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;

// Where a column lies in its row, in vec4s.
struct Place {
  offset: u32,
  exists: bool,
}

// Left of the image a column wraps to a large number, which is no column either.
fn placeOf(column: i32) -> Place {
  let exists = u32(column) < params.inWidth;
  return Place(select(0u, u32(column), exists) * params.lanes, exists);
}

fn valueAt(start: u32, place: Place, rowExists: bool) -> vec4<f32> {
  return select(vec4<f32>(), x[start + place.offset], rowExists && place.exists);
}

fn weightAt(at: i32) -> vec4<f32> {
  return vec4(weight[at], weight[at + 9], weight[at + 18], weight[at + 27]);
}

// Three weights side by side.
struct Taps {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
}

fn tapsAt(at: i32) -> Taps {
  return Taps(weightAt(at), weightAt(at + params.weightColumn), weightAt(at + 2 * params.weightColumn));
}

// The sums of 4 pixels.
struct Strip {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
}

fn rowStart(image: u32, row: i32, lane: u32) -> u32 {
  return (image * params.inHeight + select(0u, u32(row), u32(row) < params.inHeight)) * params.inWidth * params.lanes + lane;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let tile = index / params.lanes;
  let lane = index - tile * params.lanes;
  let line = tile / params.strips;
  let column = (tile - line * params.strips) * 4u;
  let image = line / params.parts;
  let firstRow = (line - image * params.parts) * params.partRows;
  let endRow = min(firstRow + params.partRows, params.height);

  let weights = params.weightStart + i32(lane) * 36;
  let upper = tapsAt(weights);
  let middle = tapsAt(weights + params.weightRow);
  let lower = tapsAt(weights + 2 * params.weightRow);
  var start = vec4<f32>();
  if (params.hasBias != 0u) {
    start = bias[lane];
  }
  let places = placesOf(i32(column * STRIDE) - params.left);
  var row = i32(firstRow * STRIDE) - params.top;
  var above = lineAt(image, row, lane, places);
  var within = lineAt(image, row + 1, lane, places);
  var to = ((image * params.height + firstRow) * params.width + column) * params.lanes + lane;
  for (var r = firstRow; r < endRow; r++) {
    let below = lineAt(image, row + 2, lane, places);
    var s = Strip(start, start, start, start);
    s = tapsOf(s, above, upper);
    s = tapsOf(s, within, middle);
    s = tapsOf(s, below, lower);
    y[to] = activateVec4(s.p0, params.activation);
    if (column + 1u < params.width) {
      y[to + params.lanes] = activateVec4(s.p1, params.activation);
    }
    if (column + 2u < params.width) {
      y[to + 2u * params.lanes] = activateVec4(s.p2, params.activation);
    }
    if (column + 3u < params.width) {
      y[to + 3u * params.lanes] = activateVec4(s.p3, params.activation);
    }
    to += params.width * params.lanes;
    row += i32(STRIDE);
    if (STRIDE == 1u) {
      above = within;
      within = below;
    } else {
      above = below;
      within = lineAt(image, row + 1, lane, places);
    }
  }
}
