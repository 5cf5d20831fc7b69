// The gradient of adaptiveAvgPool2d to no more windows than pixels along an axis: dx = the sum over the up to 2 x 2 windows that
// hold the pixel of dy by the window's count, row of windows by row. x is dy, f32 bits [n, height, width, channels], y is dx
// [n, inHeight, inWidth, channels]. A thread makes a column of dx, of up to 4 channels, for up to `run` rows of windows.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  pixelStep: u32,
  partStep: u32,
  run: u32,
  runs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

// First and past the last pixel of window `o`, or window of pixel `o`.
fn extentOf(o: u32, outputs: u32, size: u32) -> vec2<u32> {
  return vec2(o * size, (o + 1) * size + outputs - 1) / outputs;
}

// The one or two windows of a column in a row of dy, and how many columns of dx they hold.
struct Windows {
  line: u32, // the image's first
  offsets: vec2<u32>,
  counts: vec2<u32>,
  isSecond: bool,
  lanes: vec4<u32>,
}

fn shareOf(row: u32, rows: u32, at: Windows, size: Params) -> vec4<f32> {
  let line = (at.line + row) * size.width * size.pixelStep;
  let counts = vec2<f32>(rows * at.counts);
  let a = bitcast<vec4<f32>>(load(line + at.offsets.x, at.lanes)) / counts.x;
  let b = bitcast<vec4<f32>>(load(line + at.offsets.y, at.lanes)) / counts.y;
  return a + select(vec4<f32>(), b, at.isSecond);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked()) {
    return;
  }
  let line = index / size.parts;
  let part = index - line * size.parts;
  let chunk = line / size.inWidth;
  let column = line - chunk * size.inWidth;
  let image = chunk / size.runs;
  let start = (chunk - image * size.runs) * size.run;
  let end = min(start + size.run, size.height);
  let columns = extentOf(column, size.inWidth, size.width);
  let a = extentOf(columns.x, size.width, size.inWidth);
  let b = extentOf(columns.y - 1, size.width, size.inWidth);
  let first = part * size.partStep;
  let at = Windows(
    image * size.height,
    vec2(columns.x, columns.y - 1) * size.pixelStep + first,
    vec2(a.y - a.x, b.y - b.x),
    columns.y - columns.x > 1,
    lanesOf(part),
  );
  let origin = (image * size.inHeight * size.inWidth + column) * size.pixelStep + first;
  let pitch = size.inWidth * size.pixelStep;
  let above = extentOf(max(start, 1) - 1, size.height, size.inHeight);
  var before = shareOf(max(start, 1) - 1, above.y - above.x, at, size);
  var row = start;
  loop {
    let rows = extentOf(row, size.height, size.inHeight);
    let value = shareOf(row, rows.y - rows.x, at, size);
    // The last row is the next window's, too, where it ends inside of it.
    let isWhole = (row + 1) * size.inHeight % size.height == 0;
    let top = origin + rows.x * pitch;
    let last = origin + (rows.y - select(2u, 1u, isWhole)) * pitch;
    var to = top;
    loop {
      store(min(to + pitch, last), at.lanes, bitcast<vec4<u32>>(value));
      store(min(to + 2 * pitch, last), at.lanes, bitcast<vec4<u32>>(value));
      to += 2 * pitch;
      continuing {
        break if (to >= last);
      }
    }
    let isShared = row * size.inHeight % size.height != 0;
    store(top, at.lanes, bitcast<vec4<u32>>(select(value, before + value, isShared)));
    before = value;
    row++;
    continuing {
      break if (row == end);
    }
  }
}
