// Partial sums of the gradient of a convolution with groups in its weight: 3 x 3 taps x one lane of weights a thread.
//   y[part, weight] = sum over the part's output rows and their pixels of dy[row, column, o] * x[row * strideY - top + a *
//                     dilationY, column * strideX - left + b * dilationX, i], zeros outside of the image; f32 sums in this order
// A lane is a pair of a lane of dy, o, and one of x in the same group, i: inGroup lanes of x for each of outGroup lanes of dy.
// Its weights are at o * weightOut + (lane mod inGroup) * weightIn + tap * weightTap. The parts are summed afterwards.
// RETAINED of the 3 values in a row are the next pixel's too.
// Needs Gradient, Lane, and store; see shaders/convolveGroupsWeight*.wgsl.

struct Params {
  threads: u32,
  lanes: u32,
  inLanes: u32,
  outLanes: u32,
  inGroup: u32,
  outGroup: u32,
  // Blocks of 3 x 3 taps: all, and those side by side.
  blocks: u32,
  blockColumns: u32,
  // Output rows: all, in a part, and in an image; pixels in one.
  rows: u32,
  partRows: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  top: i32,
  left: i32,
  strideY: i32,
  strideX: i32,
  dilationY: i32,
  dilationX: i32,
  kernelY: u32,
  kernelX: u32,
  // All weights, and where a lane's are.
  weights: u32,
  weightOut: u32,
  weightIn: u32,
  weightTap: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> dy: array<Gradient>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

override RETAINED: u32 = 0u;

// A row of the image, or none.
struct Line {
  start: u32,
  exists: bool,
}

fn lineAt(image: u32, row: i32, lane: u32) -> Line {
  let exists = u32(row) < params.inHeight;
  return Line((image * params.inHeight + select(0u, u32(row), exists)) * params.inWidth * params.inLanes + lane, exists);
}

fn valueAt(line: Line, column: i32) -> Lane {
  let inside = line.exists && u32(column) < params.inWidth;
  return select(Lane(), x[line.start + select(0u, u32(column), inside) * params.inLanes], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= params.threads + min(arrayLength(&x) + arrayLength(&dy) + arrayLength(&y), 0)) {
    return;
  }
  let tile = index / params.lanes;
  let lane = index - tile * params.lanes;
  let part = tile / params.blocks;
  let tapBlock = tile - part * params.blocks;
  let tapY = tapBlock / params.blockColumns * 3u;
  let tapX = tapBlock % params.blockColumns * 3u;
  let o = lane / params.inGroup;
  let member = lane - o * params.inGroup;
  let i = o / params.outGroup * params.inGroup + member;

  var sums = array<Lane, 9>();
  let first = part * params.partRows;
  for (var row = first; row < min(first + params.partRows, params.rows); row++) {
    let image = row / params.height;
    let top = i32(row - image * params.height) * params.strideY - params.top + i32(tapY) * params.dilationY;
    let line0 = lineAt(image, top, i);
    let line1 = lineAt(image, top + params.dilationY, i);
    let line2 = lineAt(image, top + 2 * params.dilationY, i);
    var column = i32(tapX) * params.dilationX - params.left;
    // Rows a, b and c of the window.
    var a0 = Lane();
    var b0 = Lane();
    var c0 = Lane();
    var a1 = Lane();
    var b1 = Lane();
    var c1 = Lane();
    if (RETAINED > 0u) {
      a0 = valueAt(line0, column);
      b0 = valueAt(line1, column);
      c0 = valueAt(line2, column);
    }
    if (RETAINED > 1u) {
      a1 = valueAt(line0, column + params.dilationX);
      b1 = valueAt(line1, column + params.dilationX);
      c1 = valueAt(line2, column + params.dilationX);
    }
    var at = row * params.width * params.outLanes + o;
    for (var pixel = 0u; pixel < params.width; pixel++) {
      let d = dy[at];
      if (RETAINED == 0u) {
        a0 = valueAt(line0, column);
        b0 = valueAt(line1, column);
        c0 = valueAt(line2, column);
      }
      if (RETAINED < 2u) {
        a1 = valueAt(line0, column + params.dilationX);
        b1 = valueAt(line1, column + params.dilationX);
        c1 = valueAt(line2, column + params.dilationX);
      }
      let a2 = valueAt(line0, column + 2 * params.dilationX);
      let b2 = valueAt(line1, column + 2 * params.dilationX);
      let c2 = valueAt(line2, column + 2 * params.dilationX);
      sums[0] += d * a0;
      sums[1] += d * a1;
      sums[2] += d * a2;
      sums[3] += d * b0;
      sums[4] += d * b1;
      sums[5] += d * b2;
      sums[6] += d * c0;
      sums[7] += d * c1;
      sums[8] += d * c2;
      if (RETAINED == 1u) {
        a0 = a2;
        b0 = b2;
        c0 = c2;
      }
      if (RETAINED == 2u) {
        a0 = a1;
        b0 = b1;
        c0 = c1;
        a1 = a2;
        b1 = b2;
        c1 = c2;
      }
      column += params.strideX;
      at += params.outLanes;
    }
  }
  let to = part * params.weights + o * params.weightOut + member * params.weightIn;
  for (var t = 0u; t < 9u; t++) {
    let ky = tapY + t / 3u;
    let kx = tapX + t % 3u;
    if (ky < params.kernelY && kx < params.kernelX) {
      store(to + (ky * params.kernelX + kx) * params.weightTap, sums[t]);
    }
  }
}
