// Pools of bytes over windows up to 9 x 9 without dilation: a thread walks down a strip of 4 neighbouring pixels of y, one word
// of their channels each. Of a row it loads each word once and puts together what the 4 windows have of it; that is kept for
// the windows below, alone, for 2 rows, for 4 and for 8. Where windows move on by 2 or 3, so many rows (columns) are one, a
// unit, and what is left of a window is its last row, the first of a unit. A row of strips has `before` rows of y on their own,
// `inside` runs of up to `run` until `past`, and rows on their own again: `runs` in all. Rows and columns of x count from the
// image's first, and wrap before it.
// The including shader defines Sum, `split` of a word, `joined` of Sums; Flip, `flipOf`, and `tap`, a word inside or outside of
// the image, flipped; Stored, a Sum as loops keep it, `stored` and `restored`; Kept, what becomes of a column's sums, `keptOf`
// the first and `nextOf` the others; `finished`, a word of y; and Params with the names used here.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

// The size of windows, and by how many rows and columns one moves on, up to as many as it has: 2 leave one at most, 3 none.
override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1;
override RIGHT: u32 = 1;
override HIGH = ROWS / DOWN; // in units
override WIDE = COLUMNS / RIGHT;
override LEFT_DOWN = ROWS % DOWN == 1;
override LEFT_RIGHT = COLUMNS % RIGHT == 1;

// The place of a column in a row, moved into the image, and all bits where it was there.
struct Place {
  offset: u32,
  mask: u32,
}

// Of the taps of a unit.
struct Unit {
  first: Place,
  second: Place,
  third: Place,
}

// The strip's units 0 to 8; then those after the first window.
alias Places = array<Unit, 13>;

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

fn placeOf(column: u32, size: Params) -> Place {
  return Place(
    u32(clamp(i32(column), 0, i32(size.inWidth) - 1)) * size.channels,
    select(0u, 0xffffffffu, column < size.inWidth),
  );
}

fn unitOf(column: u32, size: Params) -> Unit {
  return Unit(placeOf(column, size), placeOf(column + 1, size), placeOf(column + 2, size));
}

fn sumAt(row: Row, place: Place) -> Sum {
  return split(tap(row.start + place.offset, row.mask & place.mask, row.flip));
}

// A unit's first tap, and all of it.
struct Taps {
  first: Sum,
  sum: Sum,
}

fn tapsAt(row: Row, unit: Unit) -> Taps {
  let first = sumAt(row, unit.first);
  var sum = first;
  if (RIGHT > 1) {
    sum = joined(sum, sumAt(row, unit.second));
  }
  if (RIGHT > 2) {
    sum = joined(sum, sumAt(row, unit.third));
  }
  return Taps(first, sum);
}

// What the windows have of a row.
fn fourOf(y: u32, origin: u32, flip: Flip, p: Places, size: Params) -> Four {
  let near = u32(clamp(i32(y), 0, i32(size.inHeight) - 1));
  let row = Row(origin + near * size.inWidth * size.channels, select(0u, 0xffffffffu, y < size.inHeight), flip);
  let t0 = tapsAt(row, p[0]);
  let t1 = tapsAt(row, p[1]);
  let t2 = tapsAt(row, p[2]);
  let t3 = tapsAt(row, p[3]);
  var after0 = t1;
  var after1 = t2;
  var after2 = t3;
  var four: Four;
  if (WIDE == 1) {
    four = Four(t0.sum, t1.sum, t2.sum, t3.sum);
  } else {
    after2 = tapsAt(row, p[11]);
    if (WIDE == 2) {
      after0 = t2;
      after1 = t3;
      four = Four(joined(t0.sum, t1.sum), joined(t1.sum, t2.sum), joined(t2.sum, t3.sum), joined(t3.sum, after2.sum));
    } else {
      after0 = t3;
      after1 = tapsAt(row, p[10]);
      // What all windows have, and two at a side.
      var middle = t3.sum;
      if (WIDE == 3) {
        let right = joined(t3.sum, after1.sum);
        let left = joined(t1.sum, t2.sum);
        four = Four(joined(t0.sum, left), joined(left, t3.sum), joined(t2.sum, right), joined(right, after2.sum));
      } else {
        after0 = tapsAt(row, p[9]);
        if (WIDE > 4) {
          middle = joined(middle, tapsAt(row, p[4]).sum);
        }
        if (WIDE > 5) {
          middle = joined(middle, tapsAt(row, p[5]).sum);
        }
        if (WIDE > 6) {
          middle = joined(middle, tapsAt(row, p[6]).sum);
        }
        if (WIDE > 7) {
          middle = joined(middle, tapsAt(row, p[7]).sum);
        }
        if (WIDE > 8) {
          middle = joined(middle, tapsAt(row, p[8]).sum);
        }
        let left = joined(t2.sum, middle);
        let right = joined(middle, after0.sum);
        let nearLeft = joined(t1.sum, left);
        let nearRight = joined(after1.sum, right);
        four = Four(joined(t0.sum, nearLeft), joined(nearLeft, after0.sum), joined(t2.sum, nearRight), joined(nearRight, after2.sum));
      }
    }
  }
  if (LEFT_RIGHT) {
    let last = sumAt(row, p[12].first);
    four = Four(joined(four.a, after0.first), joined(four.b, after1.first), joined(four.c, after2.first), joined(four.d, last));
  }
  return four;
}

// A unit of rows, and its first row.
struct Rows {
  first: Four,
  sum: Four,
}

fn rowsAt(y: u32, origin: u32, flip: Flip, p: Places, size: Params) -> Rows {
  let first = fourOf(y, origin, flip, p, size);
  var sum = first;
  if (DOWN > 1) {
    sum = joinedFour(storedFour(fourOf(y + 1, origin, flip, p, size)), sum);
  }
  if (DOWN > 2) {
    sum = joinedFour(storedFour(fourOf(y + 2, origin, flip, p, size)), sum);
  }
  return Rows(first, sum);
}

// The last unit of rows; the last two of 2 units (of 1 where windows have 3); the last four of 4.
struct Last {
  one: StoredFour,
  two: StoredFour,
  twoBefore: StoredFour,
  four: StoredFour,
  fourBefore: StoredFour,
  fourBefore2: StoredFour,
  fourBefore3: StoredFour,
  eight: StoredFour,
}

// What windows have of the last HIGH units, the newest of them new to it.
fn highest(last: ptr<function, Last>, unit: Four) -> Four {
  var all = unit;
  if (HIGH > 1) {
    let one = (*last).one;
    (*last).one = storedFour(unit);
    let two = joinedFour(one, unit);
    all = two;
    if (HIGH == 3) {
      all = joinedFour((*last).two, two);
      (*last).two = one;
    }
    if (HIGH > 3) {
      let two1 = (*last).two;
      let four = joinedFour((*last).twoBefore, two);
      (*last).twoBefore = two1;
      (*last).two = storedFour(two);
      all = four;
      if (HIGH > 4) {
        let four1 = (*last).four;
        let four2 = (*last).fourBefore;
        let four3 = (*last).fourBefore2;
        if (HIGH == 5) {
          all = joinedFour(four1, unit);
        }
        if (HIGH == 6) {
          all = joinedFour(four2, two);
        }
        if (HIGH == 7) {
          all = joinedFour(four3, joinedFour(two1, unit));
        }
        if (HIGH > 7) {
          let eight = joinedFour((*last).fourBefore3, four);
          all = eight;
          if (HIGH == 9) {
            all = joinedFour((*last).eight, unit);
            (*last).eight = storedFour(eight);
          }
          (*last).fourBefore3 = four3;
        }
        (*last).fourBefore2 = four2;
        (*last).fourBefore = four1;
        (*last).four = storedFour(four);
      }
    }
  }
  return all;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + min(arrayLength(&x) + arrayLength(&y), 0)) { // see `asked` of lib/poolVectors.wgsl
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
  let step = size.strideX;
  let after = left + WIDE * step;
  let p = Places(
    unitOf(left, size),
    unitOf(left + step, size),
    unitOf(left + 2 * step, size),
    unitOf(left + 3 * step, size),
    unitOf(left + 4 * step, size),
    unitOf(left + 5 * step, size),
    unitOf(left + 6 * step, size),
    unitOf(left + 7 * step, size),
    unitOf(left + 8 * step, size),
    unitOf(after, size),
    unitOf(after + step, size),
    unitOf(after + 2 * step, size),
    unitOf(after + 3 * step, size),
  );
  // Pixels past the row's last are stored where the first is, before it is.
  let right = select(vec4<u32>(), vec4<u32>(0, 1, 2, 3) * size.channels, column + vec4<u32>(0, 1, 2, 3) < vec4(size.width));
  let mask = laneMask(size.bytes - word * 4);
  let pitch = size.width * size.channels;
  var to = ((image * size.height + row) * size.width + column) * size.channels + word;
  // The next row of x, and what windows have of those before it.
  var at = row * size.strideY - size.top;
  var last: Last;
  var above: StoredFour;
  if (HIGH > 1 || LEFT_DOWN) {
    let first = at + (HIGH - select(1u, 0u, LEFT_DOWN)) * DOWN;
    loop {
      above = storedFour(highest(&last, rowsAt(at, origin, flip, p, size).sum));
      at += DOWN;
      continuing {
        break if at == first;
      }
    }
  }
  let a = keptOf(row, column, size);
  let b = nextOf(a, row, column + 1, size);
  let c = nextOf(a, row, column + 2, size);
  let d = nextOf(a, row, column + 3, size);
  loop {
    let rows = rowsAt(at, origin, flip, p, size);
    var sums = highest(&last, rows.sum);
    if (LEFT_DOWN) {
      let next = storedFour(sums);
      sums = joinedFour(above, rows.first);
      above = next;
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
