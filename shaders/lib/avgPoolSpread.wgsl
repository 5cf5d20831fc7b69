// dx = the sum over the windows that hold the pixel of dy by the window's divisor, row of windows by row, for windows of 2 or 3 by
// 2 or 3 pixels, 1 or 2 pixels apart, column by column. x is dy, f32 bits [n, height, width, channels], y is dx [n, inHeight,
// inWidth, channels]. A thread makes two neighbouring pixels of dx, or DOWN rows of them, for up to `run` rows of windows one
// below the other, of up to 4 channels, and reads each window once. Counted from the padding's corner, pixel (r, c) lies in
// windows r / DOWN and up to 2 above, c / RIGHT and up to 2 to the left. A window that is not there gives nothing.

// #include "lib/average.wgsl"
// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1;
override RIGHT: u32 = 1;

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
  strips: u32,
  run: u32,
  runs: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
}

@group(0) @binding(0) var<uniform> params: Params;

struct Pair {
  a: vec4<f32>,
  b: vec4<f32>,
}

// 4 columns of windows, moved into dy, and masks of those that are there.
struct Strip {
  first: u32, // of the part's channels in dy, and in the image of dx
  to: u32,
  line: u32, // the image's first in dy
  part: u32,
  lanes: vec4<u32>,
  columns: vec4<u32>,
  masks: vec4<u32>,
  counts: vec4<u32>, // what the columns count for in the divisor
}

// A row of windows, moved into dy, and the mask of one that is there.
struct Line {
  row: u32,
  start: u32,
  mask: u32,
}

fn countsOf(columns: vec4<u32>, size: Params) -> vec4<u32> {
  return vec4(
    columnsOf(columns.x, size).count,
    columnsOf(columns.y, size).count,
    columnsOf(columns.z, size).count,
    columnsOf(columns.w, size).count,
  );
}

fn lineOf(row: u32, at: Strip, size: Params) -> Line {
  let inside = min(row, size.height - 1);
  return Line(inside, (at.line + inside) * size.width, select(0u, 0xffffffffu, row < size.height));
}

fn bitsOf(line: Line, column: u32, mask: u32, at: Strip, size: Params) -> vec4<u32> {
  return load((line.start + column) * size.pixelStep + at.first, at.lanes) & vec4(line.mask & mask);
}

fn rowOf(row: u32, at: Strip, size: Params) -> Pair {
  let line = lineOf(row, at, size);
  let counts = vec4<f32>(select(vec4(size.divisor), rowsOf(line.row, size).count * at.counts, size.divisor == 0));
  let c = bitcast<vec4<f32>>(bitsOf(line, at.columns.z, at.masks.z, at, size)) / counts.z;
  var left = c;
  var right = c;
  if (COLUMNS > RIGHT) {
    let b = bitcast<vec4<f32>>(bitsOf(line, at.columns.y, at.masks.y, at, size)) / counts.y;
    left = b + c;
    if (COLUMNS - RIGHT == 2) {
      right = left;
      left += bitcast<vec4<f32>>(bitsOf(line, at.columns.x, at.masks.x, at, size)) / counts.x;
    }
  }
  if (RIGHT == 1) {
    right += bitcast<vec4<f32>>(bitsOf(line, at.columns.w, at.masks.w, at, size)) / counts.w;
  }
  return Pair(left, right);
}

fn sumOf(a: Pair, b: Pair) -> Pair {
  return Pair(a.a + b.a, a.b + b.b);
}

fn storePair(row: u32, column: u32, at: Strip, pair: Pair, size: Params) {
  let y = row - size.top;
  let to = (y * size.inWidth + column) * size.pixelStep + at.to;
  if (y < size.inHeight && column < size.inWidth) {
    store(to, at.lanes, bitcast<vec4<u32>>(pair.a));
  }
  if (y < size.inHeight && column + 1 < size.inWidth) {
    store(to + size.pixelStep, at.lanes, bitcast<vec4<u32>>(pair.b));
  }
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
  let chunk = line / size.strips;
  let strip = line - chunk * size.strips;
  let image = chunk / size.runs;
  let top = (chunk - image * size.runs) * size.run;
  let column = 2 * strip - size.left; // wraps before the image
  // Before the first they wrap.
  let windows = vec4<u32>((2 / RIGHT) * strip - 2) + vec4<u32>(0, 1, 2, 3);
  let first = part * size.partStep;
  let columns = min(windows, vec4(size.width - 1));
  let at = Strip(
    first,
    image * size.inHeight * size.inWidth * size.pixelStep + first,
    image * size.height,
    part,
    lanesOf(part),
    columns,
    select(vec4<u32>(), vec4(0xffffffffu), windows < vec4(size.width)),
    countsOf(columns, size),
  );
  let cells = (size.inHeight + size.top + DOWN - 1) / DOWN;
  let end = min(top + size.run, cells);
  // What the windows above give the next row of pixels, and the one after it.
  var next = Pair();
  var after = Pair();
  if (ROWS > DOWN) {
    next = rowOf(top - 1, at, size);
    if (ROWS - DOWN == 2) {
      after = next;
      next = sumOf(rowOf(top - 2, at, size), after);
    }
  }
  var q = top;
  loop {
    let newest = rowOf(q, at, size);
    let row = q * DOWN;
    storePair(row, column, at, sumOf(next, newest), size);
    if (DOWN == 2) {
      storePair(row + 1, column, at, newest, size);
    }
    if (ROWS > DOWN) {
      if (DOWN == 1) {
        next = sumOf(after, newest);
      }
      if (ROWS - DOWN == 2) {
        after = newest;
      }
      if (DOWN == 2) {
        next = newest;
      }
    }
    continuing {
      q++;
      break if (q == end);
    }
  }
}
