// A pool row by row: a thread makes up to `run`, at most 32, neighbouring pixels of a row of y, of 4 units of channels: f32,
// or words. What it knows of rows and columns it finds out once. The including shader defines Kept and `keptOf`, what else a
// thread finds out once; a Value and `nothing`, `taken` and `joined` of Values; `finished`, which makes 4 units of one, or does
// not know them for certain, and `exact`, which does; rowsOf and columnsOf come from lib/average.wgsl or lib/maxWindow.wgsl.
// Params has the names used here, those of lib/pool.wgsl, and `runs` of a row. Columns count from the image's left edge, and
// wrap before it. What is not certain is rare, and is done again in a loop of its own: software devices run the body of a loop
// once, whether or not a lane enters it.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

// The size of windows up to 3 x 3 without dilation, which need no loops, else 0, and by how many columns one moves on, up to
// COLUMNS: it shares the others with the one before it.
override ROWS: u32 = 0;
override COLUMNS: u32 = 0;
override NEW: u32 = 0;

// A window's place: its rows and columns; `top` of the first row in the image, of column 0 and the part; `tall` up to which
// rows are `down` apart. Without loops, the offsets of the rows, moved into the image, and masks of those that are there.
struct Spot {
  rows: Extent,
  columns: Extent,
  top: u32,
  tall: u32,
  down: u32,
  part: u32,
  lanes: vec4<u32>,
  offsets: vec3<u32>,
  masks: vec3<u32>,
  kept: Kept,
}

struct Result {
  units: vec4<u32>,
  unsure: bool,
}

fn columnOf(column: u32, at: Spot, size: Params) -> Value {
  let near = at.offsets + u32(clamp(i32(column), 0, i32(size.inWidth) - 1)) * size.pixelStep;
  let masks = at.masks & vec3<u32>(select(0u, 0xffffffffu, column < size.inWidth));
  var v = taken(nothing(), load(near.x, at.lanes), masks.x);
  if (ROWS > 1) {
    v = taken(v, load(near.y, at.lanes), masks.y);
  }
  if (ROWS > 2) {
    v = taken(v, load(near.z, at.lanes), masks.z);
  }
  return v;
}

fn windowOf(at: Spot, size: Params) -> Value {
  var v = nothing();
  for (var column = at.columns.start; column != at.columns.stop; column += size.dilationX) {
    let first = at.top + column * size.pixelStep;
    let end = select(first, first + at.tall, column < size.inWidth);
    for (var i = first; i < end; i += at.down) {
      v = taken(v, load(i, at.lanes), 0xffffffffu);
    }
  }
  return v;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked()) {
    return;
  }
  let run = index / size.parts;
  let part = index - run * size.parts;
  let line = run / size.runs;
  let image = line / size.height;
  let row = line - image * size.height;
  let first = (run - line * size.runs) * size.run;
  let end = min(first + size.run, size.width);
  let rows = rowsOf(row, size);
  let pitch = size.inWidth * size.pixelStep;
  let down = pitch * size.dilationY;
  let tall = (rows.end - rows.first + size.dilationY - 1) / size.dilationY * down;
  let origin = image * size.inHeight * pitch + part * size.partStep;
  let taps = vec3<u32>(row * size.strideY - size.top) + vec3<u32>(0, 1, 2);
  let there = (taps >= vec3<u32>(rows.first)) & (taps < vec3<u32>(rows.end));
  let offsets = origin + clamp(taps, vec3<u32>(rows.first), vec3<u32>(rows.end - 1)) * pitch;
  var at = Spot(
    rows,
    columnsOf(first, size),
    origin + rows.first * pitch,
    tall,
    down,
    part,
    lanesOf(part),
    offsets,
    select(vec3<u32>(), vec3<u32>(0xffffffffu), there),
    keptOf(part, lanesOf(part), size),
  );
  let start = (line * size.width + first) * size.pixelStep + part * size.partStep;
  var to = start;
  var unsure = 0u;
  var bit = 1u;
  var before = nothing();
  var last = nothing();
  if (COLUMNS - NEW == 2) {
    before = columnOf(at.columns.start, at, size);
  }
  if (COLUMNS > NEW) {
    last = columnOf(at.columns.start + COLUMNS - NEW - 1, at, size);
  }
  var o = first;
  loop {
    at.columns = columnsOf(o, size);
    var value: Value;
    if (COLUMNS == 0) {
      value = windowOf(at, size);
    } else {
      let newest = columnOf(at.columns.start + COLUMNS - 1, at, size);
      value = newest;
      if (COLUMNS > NEW) {
        value = joined(last, value);
      }
      if (COLUMNS - NEW == 2) {
        value = joined(before, value);
        before = last;
      }
      if (NEW > 1) {
        value = joined(columnOf(at.columns.start + COLUMNS - 2, at, size), value);
      }
      if (NEW > 2) {
        value = joined(columnOf(at.columns.start + COLUMNS - 3, at, size), value);
      }
      if (COLUMNS > NEW) {
        last = newest;
      }
    }
    let result = finished(value, at, size);
    store(to, at.lanes, result.units);
    to += size.pixelStep;
    unsure |= select(0, bit, result.unsure);
    bit += bit;
    o++;
    continuing {
      break if o >= end; // software devices run the body of a loop that asks first once more
    }
  }
  for (; unsure != 0; unsure &= unsure - 1) {
    let i = firstTrailingBit(unsure);
    at.columns = columnsOf(first + i, size);
    store(start + i * size.pixelStep, at.lanes, exact(at, size));
  }
}
