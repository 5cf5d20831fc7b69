// The gradient of a pool over windows of 2 or 3 by 2 or 3 pixels, 1 or 2 pixels apart, column by column: a thread makes two
// neighbouring pixels of dx, or DOWN rows of them, for up to `run` rows of windows one below the other, of up to 4 channels,
// and reads each window once. Counted from the padding's corner, pixel (r, c) lies in windows r / DOWN and up to 2 above,
// c / RIGHT and up to 2 to the left. The including shader defines Kept and `keptOf`, what else it finds out once; a Row of up
// to 4 windows side by side, of which the last begin with, or hold, the thread's pixels, and `rowOf`; `placeOf` two pixels, and
// `gathered`, which adds what they get of such a Row. A window that is not there gives nothing.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1;
override RIGHT: u32 = 1;

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
  kept: Kept,
}

// A row of windows, moved into dy, and the mask of one that is there.
struct Line {
  row: u32,
  start: u32,
  mask: u32,
}

fn lineOf(row: u32, at: Strip, size: Params) -> Line {
  let inside = min(row, size.height - 1);
  return Line(inside, (at.line + inside) * size.width, select(0u, 0xffffffffu, row < size.height));
}

fn bitsOf(line: Line, column: u32, mask: u32, at: Strip, size: Params) -> vec4<u32> {
  return load((line.start + column) * size.pixelStep + at.first, at.lanes) & vec4(line.mask & mask);
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
    keptOf(columns, size),
  );
  let cells = (size.inHeight + size.top + DOWN - 1) / DOWN;
  let end = min(top + size.run, cells);
  // What the windows above give the next row of pixels, and the one after it.
  var next = Pair();
  var after = Pair();
  if (ROWS > DOWN) {
    let old = rowOf(top - 1, at, size);
    let place = placeOf(top * DOWN - size.top, column);
    if (ROWS - DOWN == 2) {
      next = gathered(gathered(Pair(), rowOf(top - 2, at, size), place), old, place);
      after = gathered(Pair(), old, placeOf(top + 1 - size.top, column));
    } else {
      next = gathered(Pair(), old, place);
    }
  }
  var q = top;
  loop {
    let newest = rowOf(q, at, size);
    let row = q * DOWN;
    storePair(row, column, at, gathered(next, newest, placeOf(row - size.top, column)), size);
    if (DOWN == 2) {
      storePair(row + 1, column, at, gathered(Pair(), newest, placeOf(row + 1 - size.top, column)), size);
    }
    if (ROWS > DOWN) {
      if (DOWN == 1) {
        next = gathered(after, newest, placeOf(row + 1 - size.top, column));
      }
      if (ROWS - DOWN == 2) {
        after = gathered(Pair(), newest, placeOf(row + 2 - size.top, column));
      }
      if (DOWN == 2) {
        next = gathered(Pair(), newest, placeOf(row + 2 - size.top, column));
      }
    }
    continuing {
      q++;
      break if (q == end);
    }
  }
}
