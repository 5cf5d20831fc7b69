// Pools of bytes over windows up to 3 x 3 without dilation: a thread walks down a strip of 4 neighbouring pixels of y, one word
// of their channels each. Of a row it loads each word once and puts together what the 4 windows have of it; that is kept for
// the windows below. The including shader defines Sum, `split` of a word, `joined` of Sums; Flip, `flipOf`, and `tap`, a word
// inside or outside of the image, flipped; Stored, a Sum as loops keep it, `stored` and `restored`; Kept, what becomes of a
// column's sums, `keptOf` the first and `nextOf` the others; and `finished`, a word of y. A row of strips has `before` rows of
// y on their own, `inside` runs of up to `run` until `past`, and rows on their own again: `runs` in all. Needs Params with the
// names used here. Rows and columns of x count from the image's first, and wrap before it.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

// The size of windows, and by how many rows and columns one moves on, up to as many as it has.
override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1;
override RIGHT: u32 = 1;

// The place of a column in a row, moved into the image, and all bits where it was there.
struct Place {
  offset: u32,
  mask: u32,
}

struct Places {
  c0: Place,
  c1: Place,
  c2: Place,
  c3: Place,
  c4: Place,
  c5: Place,
  c6: Place,
  c7: Place,
  c8: Place,
  c9: Place,
  c10: Place,
  c11: Place,
}

struct Row {
  start: u32,
  mask: u32,
  flip: Flip,
}

struct Four {
  a: Sum,
  b: Sum,
  c: Sum,
  d: Sum,
}

struct StoredFour {
  a: Stored,
  b: Stored,
  c: Stored,
  d: Stored,
}

fn storedFour(f: Four) -> StoredFour {
  return StoredFour(stored(f.a), stored(f.b), stored(f.c), stored(f.d));
}

fn joinedFour(a: StoredFour, b: Four) -> Four {
  return Four(joined(restored(a.a), b.a), joined(restored(a.b), b.b), joined(restored(a.c), b.c), joined(restored(a.d), b.d));
}

// Tap i of the strip's windows, from its first column on.
fn placeOf(first: u32, i: u32, size: Params) -> Place {
  let column = first + i / RIGHT * size.strideX + i % RIGHT;
  return Place(
    u32(clamp(i32(column), 0, i32(size.inWidth) - 1)) * size.channels,
    select(0u, 0xffffffffu, column < size.inWidth),
  );
}

fn sumAt(row: Row, place: Place) -> Sum {
  return split(tap(row.start + place.offset, row.mask & place.mask, row.flip));
}

fn across(a: Sum, b: Sum, c: Sum) -> Sum {
  var sum = a;
  if (COLUMNS == 2) {
    sum = joined(a, b);
  }
  if (COLUMNS == 3) {
    sum = joined(a, joined(b, c));
  }
  return sum;
}

// What the windows have of a row.
fn fourOf(y: u32, origin: u32, flip: Flip, p: Places, size: Params) -> Four {
  let near = u32(clamp(i32(y), 0, i32(size.inHeight) - 1));
  let row = Row(origin + near * size.inWidth * size.channels, select(0u, 0xffffffffu, y < size.inHeight), flip);
  let s0 = sumAt(row, p.c0);
  let s1 = sumAt(row, p.c1);
  let s2 = sumAt(row, p.c2);
  let s3 = sumAt(row, p.c3);
  var s4: Sum;
  var s5: Sum;
  if (3 * RIGHT + COLUMNS > 4) {
    s4 = sumAt(row, p.c4);
  }
  if (3 * RIGHT + COLUMNS > 5) {
    s5 = sumAt(row, p.c5);
  }
  var four: Four;
  if (RIGHT == 1) {
    four = Four(across(s0, s1, s2), across(s1, s2, s3), across(s2, s3, s4), across(s3, s4, s5));
  } else {
    let s6 = sumAt(row, p.c6);
    let s7 = sumAt(row, p.c7);
    var s8: Sum;
    if (3 * RIGHT + COLUMNS > 8) {
      s8 = sumAt(row, p.c8);
    }
    if (RIGHT == 2) {
      four = Four(across(s0, s1, s2), across(s2, s3, s4), across(s4, s5, s6), across(s6, s7, s8));
    } else {
      four = Four(
        across(s0, s1, s2),
        across(s3, s4, s5),
        across(s6, s7, s8),
        across(sumAt(row, p.c9), sumAt(row, p.c10), sumAt(row, p.c11)),
      );
    }
  }
  return four;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= min(size.threads, arrayLength(&y))) {
    return;
  }
  let strip = index / size.channels;
  let word = index - strip * size.channels;
  let line = strip / size.parts;
  let column = (strip - line * size.parts) * 4;
  let image = line / size.runs;
  let run = line - image * size.runs;
  // Rows on their own, runs, and rows on their own again.
  let insideRun = run - size.before;
  let isInside = run >= size.before && insideRun < size.inside;
  let single = select(run, size.past + insideRun - size.inside, run >= size.before);
  var row = select(single, size.before + insideRun * size.run, isInside);
  let end = select(row + 1, min(row + size.run, size.past), isInside);
  let origin = image * size.inHeight * size.inWidth * size.channels + word;
  let left = column * size.strideX - size.left;
  let flip = flipOf(size);
  let p = Places(
    placeOf(left, 0, size),
    placeOf(left, 1, size),
    placeOf(left, 2, size),
    placeOf(left, 3, size),
    placeOf(left, 4, size),
    placeOf(left, 5, size),
    placeOf(left, 6, size),
    placeOf(left, 7, size),
    placeOf(left, 8, size),
    placeOf(left, 9, size),
    placeOf(left, 10, size),
    placeOf(left, 11, size),
  );
  // Pixels past the row's last are stored where the first is, before it is.
  let right = select(vec4<u32>(), vec4<u32>(0, 1, 2, 3) * size.channels, column + vec4<u32>(0, 1, 2, 3) < vec4(size.width));
  let mask = laneMask(size.bytes - word * 4);
  let pitch = size.width * size.channels;
  var to = ((image * size.height + row) * size.width + column) * size.channels + word;
  // The next row of x, and what windows have of it and of the one before.
  var at = row * size.strideY - size.top;
  var last: StoredFour;
  var second: StoredFour;
  if (ROWS - DOWN == 2) {
    second = storedFour(fourOf(at, origin, flip, p, size));
    at++;
  }
  if (ROWS > DOWN) {
    last = storedFour(fourOf(at, origin, flip, p, size));
    at++;
  }
  let a = keptOf(row, column, size);
  let b = nextOf(a, row, column + 1, size);
  let c = nextOf(a, row, column + 2, size);
  let d = nextOf(a, row, column + 3, size);
  loop {
    let newest = fourOf(at + DOWN - 1, origin, flip, p, size);
    var sums = newest;
    if (DOWN > 1) {
      sums = joinedFour(storedFour(fourOf(at, origin, flip, p, size)), sums);
    }
    if (DOWN > 2) {
      sums = joinedFour(storedFour(fourOf(at + 1, origin, flip, p, size)), sums);
    }
    if (ROWS > DOWN) {
      sums = joinedFour(last, sums);
    }
    if (ROWS - DOWN == 2) {
      sums = joinedFour(second, sums);
      second = last;
    }
    if (ROWS > DOWN) {
      last = storedFour(newest);
    }
    let words = vec4<u32>(finished(sums.a, a), finished(sums.b, b), finished(sums.c, c), finished(sums.d, d)) & vec4(mask);
    y[to + right.w] = words.w;
    y[to + right.z] = words.z;
    y[to + right.y] = words.y;
    y[to] = words.x;
    to += pitch;
    at += size.strideY;
    row++;
    continuing {
      break if row >= end; // software devices run the body of a loop that asks first once more
    }
  }
}
