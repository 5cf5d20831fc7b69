// A convolution whose channels fall into groups: 8 pixels of a row x one lane of output channels a thread, without padding
// the image and without packing the weights.
//   y[pixel, lane] = act(bias[lane] + sum over j, a, b of x[fromY + row * stepY + a * tapY, fromX + column * stepX + b * tapX,
//                    group * fan + j] * weight[...]), zeros outside of the image; f32 sums in this order.
// Lanes of y fall into groups of groupLanes; j counts the fan input lanes of a group. The weight of member m of group g is at
// weightStart + g * weightGroup + m * weightOut + j * weightIn + a * weightRow + b * weightColumn.
// One loop over all taps: on a CPU a loop within a loop costs more than the loads that it could save.
// Needs Lane, Input, weightAt and activateLane; see shaders/convolveGroups*.wgsl.

struct Params {
  threads: u32,
  // Lanes of y, and those of one pixel of x.
  lanes: u32,
  inLanes: u32,
  // Threads a row, pixels of a row, rows of an image.
  blocks: u32,
  width: u32,
  height: u32,
  inHeight: u32,
  inWidth: u32,
  fromY: i32,
  fromX: i32,
  stepY: i32,
  stepX: i32,
  tapY: i32,
  tapX: i32,
  tapRows: u32,
  tapColumns: u32,
  groupLanes: u32,
  fan: u32,
  weightStart: i32,
  weightGroup: i32,
  weightOut: i32,
  weightIn: i32,
  weightRow: i32,
  weightColumn: i32,
  // Where a pixel lies in y, in lanes.
  yImage: u32,
  yRow: u32,
  yColumn: u32,
  yStart: u32,
  hasBias: u32,
  activation: u32, // see lib/activation.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Input>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<Lane>;
@group(0) @binding(4) var<storage, read_write> y: array<Lane>;

const PIXELS = 8u;

// `start` is the row's first pixel.
fn valueAt(start: u32, column: u32, exists: bool) -> Input {
  let inside = exists && column < params.inWidth;
  return select(Input(), x[start + select(0u, column, inside) * params.inLanes], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= params.threads + min(arrayLength(&x) + arrayLength(&weight) + arrayLength(&y), 0)) {
    return;
  }
  let tile = index / params.lanes;
  let lane = index - tile * params.lanes;
  let line = tile / params.blocks;
  let firstColumn = (tile - line * params.blocks) * PIXELS;
  let image = line / params.height;
  let row = line - image * params.height;
  let channelGroup = lane / params.groupLanes;
  let member = lane - channelGroup * params.groupLanes;

  let top = params.fromY + i32(row) * params.stepY;
  let left = params.fromX + i32(firstColumn) * params.stepX;

  var s0 = Lane();
  if (params.hasBias != 0u) {
    s0 = bias[lane];
  }
  var s1 = s0;
  var s2 = s0;
  var s3 = s0;
  var s4 = s0;
  var s5 = s0;
  var s6 = s0;
  var s7 = s0;
  var place = image * params.inHeight * params.inWidth * params.inLanes + channelGroup * params.fan;
  var weights = params.weightStart + i32(channelGroup) * params.weightGroup + i32(member) * params.weightOut;
  var a = 0u;
  var b = 0u;
  for (var t = params.fan * params.tapRows * params.tapColumns; t > 0u; t--) {
    let y = u32(top + i32(a) * params.tapY);
    let x0 = left + i32(b) * params.tapX;
    // Above and left of the image these wrap to large numbers, which are no rows and columns either.
    let columns = array<u32, 8>(
      u32(x0),
      u32(x0 + params.stepX),
      u32(x0 + 2 * params.stepX),
      u32(x0 + 3 * params.stepX),
      u32(x0 + 4 * params.stepX),
      u32(x0 + 5 * params.stepX),
      u32(x0 + 6 * params.stepX),
      u32(x0 + 7 * params.stepX),
    );
    let exists = y < params.inHeight;
    let start = place + select(0u, y, exists) * params.inWidth * params.inLanes;
    let w = weightAt(weights + i32(a) * params.weightRow + i32(b) * params.weightColumn);
    s0 += w * valueAt(start, columns[0], exists);
    s1 += w * valueAt(start, columns[1], exists);
    s2 += w * valueAt(start, columns[2], exists);
    s3 += w * valueAt(start, columns[3], exists);
    s4 += w * valueAt(start, columns[4], exists);
    s5 += w * valueAt(start, columns[5], exists);
    s6 += w * valueAt(start, columns[6], exists);
    s7 += w * valueAt(start, columns[7], exists);
    b++;
    if (b == params.tapColumns) {
      b = 0u;
      a++;
    }
    if (a == params.tapRows) {
      a = 0u;
      place++;
      weights += params.weightIn;
    }
  }
  let sums = array<Lane, 8>(s0, s1, s2, s3, s4, s5, s6, s7);
  var to = params.yStart + image * params.yImage + row * params.yRow + firstColumn * params.yColumn + lane;
  for (var i = 0u; i < min(PIXELS, params.width - firstColumn); i++) {
    y[to] = activateLane(sums[i], params.activation);
    to += params.yColumn;
  }
}
