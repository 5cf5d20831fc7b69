// Pools of bytes over windows up to 3 x 3 without dilation: a thread makes `run` neighbouring pixels of a row of y, of 4 words
// of channels. Each word of its rows it loads once: a Sum is what the rows of a column make, and what columns have made is
// kept for the windows to come. The words of a pixel are gone through one by one, to keep few numbers at a time. The
// including shader defines Sum, `split` of a word, `joined` of Sums, and `tap`, words inside or outside of the image; Stored, a
// Sum as loops keep it, `stored` and `restored`; Kept, what the windows of a thread have in common, and `keptOf` it; and
// `finished`, a word of y. A row of y has `before` pixels whose windows are not like others, `runs` runs of up to `run` until
// `past`, and again pixels on their own; y has `lines` rows. Needs Params with the names used here and those of lib/pool.wgsl.
// Columns count from the image's left edge, and wrap before it.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

// The size of windows, and by how many columns one moves on, up to as many as it has.
override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override NEW: u32 = 1;

// The offsets of rows, moved into the image, and masks of those that are there.
struct Rows {
  offsets: vec3<u32>,
  masks: vec3<u32>,
  lanes: vec4<u32>,
}

struct Column {
  row0: vec4<u32>,
  row1: vec4<u32>,
  row2: vec4<u32>,
}

fn columnOf(column: u32, rows: Rows, size: Params) -> Column {
  let near = rows.offsets + u32(clamp(i32(column), 0, i32(size.inWidth) - 1)) * size.pixelStep;
  let masks = rows.masks & vec3<u32>(select(0u, 0xffffffffu, column < size.inWidth));
  var c: Column;
  c.row0 = tap(near.x, rows.lanes, masks.x, size);
  if (ROWS > 1) {
    c.row1 = tap(near.y, rows.lanes, masks.y, size);
  }
  if (ROWS > 2) {
    c.row2 = tap(near.z, rows.lanes, masks.z, size);
  }
  return c;
}

fn sumOf(row0: u32, row1: u32, row2: u32) -> Sum {
  var sum = split(row0);
  if (ROWS > 1) {
    sum = joined(sum, split(row1));
  }
  if (ROWS > 2) {
    sum = joined(sum, split(row2));
  }
  return sum;
}

// What the windows to come share, of each word of a pixel.
struct Each {
  x: Stored,
  y: Stored,
  z: Stored,
  w: Stored,
}

struct Step {
  word: u32,
  last: Stored, // column's
  pair: Stored, // of the last two
}

// On to the next window, by the columns not yet seen.
fn stepped(sum0: Sum, sum1: Sum, sum2: Sum, last: Stored, pair: Stored, mask: u32, kept: Kept) -> Step {
  if (NEW == 3) {
    return Step(finished(joined(joined(sum0, sum1), sum2), mask, kept), last, pair);
  }
  if (NEW == 2) {
    let sum = joined(sum0, sum1);
    if (COLUMNS == 2) {
      return Step(finished(sum, mask, kept), last, pair);
    }
    return Step(finished(joined(restored(last), sum), mask, kept), stored(sum1), pair);
  }
  if (COLUMNS == 1) {
    return Step(finished(sum0, mask, kept), last, pair);
  }
  let two = joined(restored(last), sum0);
  if (COLUMNS == 2) {
    return Step(finished(two, mask, kept), stored(sum0), pair);
  }
  return Step(finished(joined(restored(pair), sum0), mask, kept), stored(sum0), stored(two));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads) {
    return;
  }
  let pixel = index / size.parts;
  let part = index - pixel * size.parts;
  let run = pixel / size.lines;
  let line = pixel - run * size.lines;
  let image = line / size.height;
  let row = line - image * size.height;
  let insideRun = run - size.before;
  let isInside = run >= size.before && insideRun < size.runs;
  let single = select(run, size.past + insideRun - size.runs, run >= size.before);
  let first = select(single, size.before + insideRun * size.run, isInside);
  let end = select(first + 1, min(first + size.run, size.past), isInside);
  let pitch = size.inWidth * size.pixelStep;
  let taps = vec3<u32>(row * size.strideY - size.top) + vec3<u32>(0, 1, 2);
  let near = vec3<u32>(clamp(vec3<i32>(taps), vec3<i32>(0), vec3<i32>(i32(size.inHeight) - 1)));
  let lanes = lanesOf(part);
  let rows = Rows(
    image * size.inHeight * pitch + part * size.partStep + near * pitch,
    select(vec3<u32>(), vec3<u32>(0xffffffff), taps < vec3<u32>(size.inHeight)),
    lanes,
  );
  let masks = masksOf(part, lanes, size);
  var to = (line * size.width + first) * size.pixelStep + part * size.partStep;
  let stop = to + (end - first) * size.pixelStep;
  var column = first * size.strideX - size.left;
  var last: Each;
  var pair: Each;
  if (COLUMNS > NEW) {
    let c = columnOf(column + COLUMNS - NEW - 1, rows, size);
    let x = sumOf(c.row0.x, c.row1.x, c.row2.x);
    let y = sumOf(c.row0.y, c.row1.y, c.row2.y);
    let z = sumOf(c.row0.z, c.row1.z, c.row2.z);
    let w = sumOf(c.row0.w, c.row1.w, c.row2.w);
    last = Each(stored(x), stored(y), stored(z), stored(w));
    if (COLUMNS - NEW == 2) {
      let d = columnOf(column, rows, size);
      pair = Each(
        stored(joined(x, sumOf(d.row0.x, d.row1.x, d.row2.x))),
        stored(joined(y, sumOf(d.row0.y, d.row1.y, d.row2.y))),
        stored(joined(z, sumOf(d.row0.z, d.row1.z, d.row2.z))),
        stored(joined(w, sumOf(d.row0.w, d.row1.w, d.row2.w))),
      );
    }
  }
  column += COLUMNS - NEW;
  let kept = keptOf(row, first, size);
  // It asks at its end: software devices run the body once more than a loop that asks first lets them.
  loop {
    let c0 = columnOf(column, rows, size);
    var c1: Column;
    var c2: Column;
    if (NEW > 1) {
      c1 = columnOf(column + 1, rows, size);
    }
    if (NEW > 2) {
      c2 = columnOf(column + 2, rows, size);
    }
    let x = stepped(
      sumOf(c0.row0.x, c0.row1.x, c0.row2.x),
      sumOf(c1.row0.x, c1.row1.x, c1.row2.x),
      sumOf(c2.row0.x, c2.row1.x, c2.row2.x),
      last.x,
      pair.x,
      masks.x,
      kept,
    );
    let y = stepped(
      sumOf(c0.row0.y, c0.row1.y, c0.row2.y),
      sumOf(c1.row0.y, c1.row1.y, c1.row2.y),
      sumOf(c2.row0.y, c2.row1.y, c2.row2.y),
      last.y,
      pair.y,
      masks.y,
      kept,
    );
    let z = stepped(
      sumOf(c0.row0.z, c0.row1.z, c0.row2.z),
      sumOf(c1.row0.z, c1.row1.z, c1.row2.z),
      sumOf(c2.row0.z, c2.row1.z, c2.row2.z),
      last.z,
      pair.z,
      masks.z,
      kept,
    );
    let w = stepped(
      sumOf(c0.row0.w, c0.row1.w, c0.row2.w),
      sumOf(c1.row0.w, c1.row1.w, c1.row2.w),
      sumOf(c2.row0.w, c2.row1.w, c2.row2.w),
      last.w,
      pair.w,
      masks.w,
      kept,
    );
    store(to, lanes, vec4(x.word, y.word, z.word, w.word));
    last = Each(x.last, y.last, z.last, w.last);
    pair = Each(x.pair, y.pair, z.pair, w.pair);
    to += size.pixelStep;
    column += size.strideX;
    continuing {
      break if to == stop;
    }
  }
}
