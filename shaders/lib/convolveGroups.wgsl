// A convolution whose channels fall into groups: 8 pixels of a row x one lane of output channels a thread, without padding
// the image and without packing the weights.
//   y[pixel, lane] = act(bias[lane] + sum over j, a, b of x[fromY + row * stepY + a * tapY, fromX + column * stepX + b * tapX,
//                    group * fan + j] * weight[...]), zeros outside of the image; f32 sums in this order.
// Lanes of y fall into groups of groupLanes; j counts the fan input lanes of a group. The weight of member m of group g is at
// weightStart + g * weightGroup + m * weightOut + j * weightIn + a * weightRow + b * weightColumn.
// The 8 pixels' values of a tap are in registers. Taps b and b + phases read values `shift` pixels apart, so that all but
// `shift` of them can stay: loads are what costs.
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
  tapRows: i32,
  tapColumns: i32,
  phases: i32,
  shift: i32,
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
fn valueAt(start: u32, column: i32) -> Input {
  let inside = u32(column) < params.inWidth;
  return select(Input(), x[start + select(0u, u32(column), inside) * params.inLanes], inside);
}

fn ceilDivide(a: i32, b: i32) -> i32 {
  return (max(a, 0) + b - 1) / b;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
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
  let firstTap = ceilDivide(-top, params.tapY);
  let endTap = min(params.tapRows, ceilDivide(i32(params.inHeight) - top, params.tapY));
  let group = params.weightStart + i32(channelGroup) * params.weightGroup + i32(member) * params.weightOut;

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
  for (var j = 0u; j < params.fan; j++) {
    for (var a = firstTap; a < endTap; a++) {
      let start = (image * params.inHeight + u32(top + a * params.tapY)) * params.inWidth * params.inLanes + channelGroup * params.fan + j;
      let weights = group + i32(j) * params.weightIn + a * params.weightRow;
      for (var phase = 0; phase < min(params.phases, params.tapColumns); phase++) {
        var column = left + phase * params.tapX;
        var v0 = valueAt(start, column);
        var v1 = valueAt(start, column + params.stepX);
        var v2 = valueAt(start, column + 2 * params.stepX);
        var v3 = valueAt(start, column + 3 * params.stepX);
        var v4 = valueAt(start, column + 4 * params.stepX);
        var v5 = valueAt(start, column + 5 * params.stepX);
        var v6 = valueAt(start, column + 6 * params.stepX);
        var v7 = valueAt(start, column + 7 * params.stepX);
        column += 8 * params.stepX;
        var b = phase;
        loop {
          let w = weightAt(weights + b * params.weightColumn);
          s0 += w * v0;
          s1 += w * v1;
          s2 += w * v2;
          s3 += w * v3;
          s4 += w * v4;
          s5 += w * v5;
          s6 += w * v6;
          s7 += w * v7;
          b += params.phases;
          if (b >= params.tapColumns) {
            break;
          }
          for (var i = 0; i < params.shift; i++) {
            v0 = v1;
            v1 = v2;
            v2 = v3;
            v3 = v4;
            v4 = v5;
            v5 = v6;
            v6 = v7;
            v7 = valueAt(start, column);
            column += params.stepX;
          }
        }
      }
    }
  }
  let sums = array<Lane, 8>(s0, s1, s2, s3, s4, s5, s6, s7);
  var to = params.yStart + image * params.yImage + row * params.yRow + firstColumn * params.yColumn + lane;
  for (var i = 0u; i < min(PIXELS, params.width - firstColumn); i++) {
    y[to] = activateLane(sums[i], params.activation);
    to += params.yColumn;
  }
}
