// A pool over windows of 2 or 3 by 2 or 3 pixels, 1 or 2 pixels apart, column by column: a thread makes two neighbouring
// windows of up to `run` rows one below the other, of up to 4 channels, and reads each pixel of them once. A tap outside of the
// image is the nearest pixel of it, another tap of the window. The including shader defines `load`; `rowPlace` and
// `columnPlaces`, what it wants to know of rows and columns of the image; a Value, `tapOf` a pixel with these, and `joined` of
// two Values, the earlier one first; `finish`, which stores the Value of a window. Params has the names used here and in
// lib/pool.wgsl.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1;
override RIGHT: u32 = 1;

struct Pair {
  a: Value,
  b: Value,
}

// Where the columns of two windows begin in the image's first row, and what they are.
struct Strip {
  start: vec4<u32>,
  last: u32,
  places: vec4<u32>,
  lastPlace: u32,
  part: u32,
  pitch: u32,
  lanes: vec4<u32>,
}

fn inImage(at: i32, size: u32) -> u32 {
  return u32(clamp(at, 0, i32(size) - 1));
}

fn rowOf(row: i32, at: Strip, size: Params) -> Pair {
  let y = inImage(row, size.inHeight);
  let place = rowPlace(y);
  let start = at.start + y * at.pitch;
  let v0 = tapOf(load(start.x, at.lanes), place + at.places.x);
  let v1 = tapOf(load(start.y, at.lanes), place + at.places.y);
  let v2 = tapOf(load(start.z, at.lanes), place + at.places.z);
  var left = joined(v0, v1);
  var right = joined(v1, v2);
  if (COLUMNS + RIGHT > 3) {
    let v3 = tapOf(load(start.w, at.lanes), place + at.places.w);
    if (RIGHT == 1) {
      left = joined(v0, right);
      right = joined(right, v3);
    } else {
      right = joined(v2, v3);
    }
    if (COLUMNS + RIGHT > 4) {
      left = joined(left, v2);
      right = joined(right, tapOf(load(at.last + y * at.pitch, at.lanes), place + at.lastPlace));
    }
  }
  return Pair(left, right);
}

fn joinedRows(above: Pair, below: Pair) -> Pair {
  return Pair(joined(above.a, below.a), joined(above.b, below.b));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + min(arrayLength(&x) + arrayLength(&winners), 0)) { // see `asked` of lib/poolVectors.wgsl
    return;
  }
  let line = index / size.parts;
  let part = index - line * size.parts;
  let chunk = line / size.strips;
  let column = 2 * (line - chunk * size.strips);
  let image = chunk / size.runs;
  let first = (chunk - image * size.runs) * size.run;
  let end = min(first + size.run, size.height);
  let left = i32(column * RIGHT) - i32(size.left);
  let pitch = size.inWidth * size.pixelStep;
  let origin = image * size.inHeight * pitch + part * size.partStep;
  let columns = vec4<u32>(clamp(vec4(left) + vec4(0, 1, 2, 3), vec4(0), vec4(i32(size.inWidth) - 1)));
  let last = inImage(left + 4, size.inWidth);
  let at = Strip(
    origin + columns * size.pixelStep,
    origin + last * size.pixelStep,
    columnPlaces(columns),
    columnPlaces(vec4(last)).x,
    part,
    pitch,
    lanesOf(part),
  );
  // Without a second window the first one takes its place.
  let toRight = select(0u, 1u, column + 1 < size.width);
  var to = (image * size.height + first) * size.width + column;
  var row = i32(first * DOWN) - i32(size.top) + i32(ROWS);
  var older: Pair;
  var old: Pair;
  if (ROWS - DOWN == 2) {
    older = rowOf(row - 3, at, size);
  }
  if (ROWS > DOWN) {
    old = rowOf(row - i32(DOWN) - 1, at, size);
  }
  let past = to + (end - first) * size.width;
  loop {
    let newest = rowOf(row - 1, at, size);
    var windows = newest;
    if (DOWN == 2) {
      windows = joinedRows(rowOf(row - 2, at, size), windows);
    }
    if (ROWS > DOWN) {
      windows = joinedRows(old, windows);
      if (ROWS - DOWN == 2) {
        windows = joinedRows(older, windows);
        older = old;
      }
      old = newest;
    }
    finish(to + toRight, windows.b, at);
    finish(to, windows.a, at);
    row += i32(DOWN);
    continuing {
      to += size.width;
      break if (to == past);
    }
  }
}
