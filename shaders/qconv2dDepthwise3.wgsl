// qconv2dDepthwise.wgsl for 3 x 3 taps without dilation, stride 1 or 2 both ways: a thread walks down the rows of 4 columns
// x 4 channels, the weights are read once, and of the 3 rows of a window only those that the row before did not have.
// Sums of 9 products of at most 255 * 255 are exact in f32.
// What lib/qestimate.wgsl leaves unsure is done again after the last row, for software devices run the body of a loop once
// even if no lane enters it, and a loop that asks before each round once more than it asks for: so loops ask at their ends.

// #include "lib/index.wgsl"
// #include "lib/qconv2d.wgsl"
// #include "lib/qestimate.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<u32>;

override STRIDE: u32 = 1;
// Rows of y a thread makes, at most 32.
override ROWS: u32 = 1;

// The columns that 4 pixels read; 6 of them for stride 1.
struct Columns {
  c0: Place,
  c1: Place,
  c2: Place,
  c3: Place,
  c4: Place,
  c5: Place,
  c6: Place,
  c7: Place,
  c8: Place,
}

// A column's words from the row's first, and all bits where it is inside of the image, else none.
struct Place {
  offset: u32,
  mask: u32,
}

struct Line {
  v0: vec4<f32>,
  v1: vec4<f32>,
  v2: vec4<f32>,
  v3: vec4<f32>,
  v4: vec4<f32>,
  v5: vec4<f32>,
  v6: vec4<f32>,
  v7: vec4<f32>,
  v8: vec4<f32>,
}

fn placeOf(column: u32, size: Params) -> Place {
  let inside = column < size.w;
  return Place(select(0, column * size.icWords, inside), select(0, 0xffffffffu, inside));
}

// A row of x.
struct Source {
  start: u32,
  mask: u32,
  zero: u32,
  zeroFlipped: u32,
}

fn sourceOf(image: u32, iy: u32, word: u32, zero: u32, size: Params) -> Source {
  let inside = iy < size.h;
  let start = (image * size.h + select(0, iy, inside)) * size.w * size.icWords + word;
  return Source(start, select(0, 0xffffffffu, inside), zero, zero ^ FLIP ^ 0x00808080u);
}

// The 4 bytes of x, zero points where there is no image, as they stand in the word: times 1, 2^8, 2^16 and 2^24, the lower 3
// of them 128 more. Weights are divided by these powers, and sums start with what takes 128 and the zero point off.
fn valueAt(place: Place, s: Source) -> vec4<f32> {
  let value = ((x[s.start + place.offset] ^ s.zero) & (place.mask & s.mask)) ^ s.zeroFlipped;
  return vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(value) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000)));
}

fn lineAt(s: Source, c: Columns) -> Line {
  var line: Line;
  line.v0 = valueAt(c.c0, s);
  line.v1 = valueAt(c.c1, s);
  line.v2 = valueAt(c.c2, s);
  line.v3 = valueAt(c.c3, s);
  line.v4 = valueAt(c.c4, s);
  line.v5 = valueAt(c.c5, s);
  if (STRIDE == 2) {
    line.v6 = valueAt(c.c6, s);
    line.v7 = valueAt(c.c7, s);
    line.v8 = valueAt(c.c8, s);
  }
  return line;
}

struct Taps {
  a: vec4<f32>,
  b: vec4<f32>,
  c: vec4<f32>,
}

fn kernelAt(at: u32, offset: vec4<f32>) -> vec4<f32> {
  return unpackFlipped(weight[at], 0x00808080u, offset) * vec4<f32>(1, 0x1p-8, 0x1p-16, 0x1p-24);
}

fn tapsAt(at: u32, row: u32, offset: vec4<f32>) -> Taps {
  return Taps(kernelAt(at, offset), kernelAt(at + row, offset), kernelAt(at + 2 * row, offset));
}

fn dot3(s: vec4<f32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, w: Taps) -> vec4<f32> {
  return fma(w.c, c, fma(w.b, b, fma(w.a, a, s)));
}

// The sums of 4 pixels.
struct Strip {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
}

fn addTaps(s: Strip, v: Line, w: Taps) -> Strip {
  if (STRIDE == 2) {
    return Strip(
      dot3(s.p0, v.v0, v.v1, v.v2, w),
      dot3(s.p1, v.v2, v.v3, v.v4, w),
      dot3(s.p2, v.v4, v.v5, v.v6, w),
      dot3(s.p3, v.v6, v.v7, v.v8, w),
    );
  }
  return Strip(
    dot3(s.p0, v.v0, v.v1, v.v2, w),
    dot3(s.p1, v.v1, v.v2, v.v3, w),
    dot3(s.p2, v.v2, v.v3, v.v4, w),
    dot3(s.p3, v.v3, v.v4, v.v5, w),
  );
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let row = size.icWords;
  let columns = (size.ow + 3) / 4;
  let strips = (size.oh + ROWS - 1) / ROWS;
  let index = linearIndex(gid, workgroups, 64);
  let word = index % row;
  let column = index / row % columns * 4;
  let strip = index / row / columns;
  let n = strip / strips;
  let firstRow = (strip - n * strips) * ROWS;
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (n * size.oh * size.ow >= size.pixels + min(arrayLength(&x) + arrayLength(&weight) + arrayLength(&y), 0)) {
    return;
  }
  let e = epilogue(word * 4, 0, 0);
  let estimate = estimateOf(e);
  let zero = zeroWord();
  let plain = vec4<f32>(-128, -128, -128, 0);
  let offset = plain - f32(zeroOfX());
  let weightOffset = plain - vec4<f32>(e.weightZero);
  let upper = tapsAt(word, row, weightOffset);
  let middle = tapsAt(word + 3 * row, row, weightOffset);
  let lower = tapsAt(word + 6 * row, row, weightOffset);
  let weights = upper.a + upper.b + upper.c + middle.a + middle.b + middle.c + lower.a + lower.b + lower.c;
  let start = weights * (offset * vec4<f32>(1, 0x1p8, 0x1p16, 0x1p24));
  let left = column * STRIDE - size.left;
  let c = Columns(
    placeOf(left, size),
    placeOf(left + 1, size),
    placeOf(left + 2, size),
    placeOf(left + 3, size),
    placeOf(left + 4, size),
    placeOf(left + 5, size),
    placeOf(left + 6, size),
    placeOf(left + 7, size),
    placeOf(left + 8, size),
  );
  let top = firstRow * STRIDE - size.top;
  var iy = top;
  var above = lineAt(sourceOf(n, iy, word, zero, size), c);
  var within = lineAt(sourceOf(n, iy + 1, word, zero, size), c);
  let first = ((n * size.oh + firstRow) * size.ow + column) * row + word;
  var to = first;
  let end = min(firstRow + ROWS, size.oh);
  var unsure = vec4<u32>(); // a bit for each row of each column
  var bit = 1u;
  var oy = firstRow;
  loop {
    let below = lineAt(sourceOf(n, iy + 2, word, zero, size), c);
    var s = addTaps(Strip(start, start, start, start), above, upper);
    s = addTaps(s, within, middle);
    s = addTaps(s, below, lower);
    let s0 = estimated(s.p0, estimate);
    let s1 = estimated(s.p1, estimate);
    let s2 = estimated(s.p2, estimate);
    let s3 = estimated(s.p3, estimate);
    y[to] = s0.word;
    if (column + 1 < size.ow) {
      y[to + row] = s1.word;
    }
    if (column + 2 < size.ow) {
      y[to + 2 * row] = s2.word;
    }
    if (column + 3 < size.ow) {
      y[to + 3 * row] = s3.word;
    }
    unsure |= select(vec4<u32>(), vec4<u32>(bit), vec4<bool>(s0.unsure, s1.unsure, s2.unsure, s3.unsure));
    bit += bit;
    to += size.ow * row;
    iy += STRIDE;
    if (STRIDE == 1) {
      above = within;
      within = below;
    } else {
      above = below;
      within = lineAt(sourceOf(n, iy + 1, word, zero, size), c);
    }
    oy++;
    continuing {
      break if oy >= end;
    }
  }
  unsure = select(vec4<u32>(), unsure, column + vec4<u32>(0, 1, 2, 3) < vec4<u32>(size.ow));
  if (all(unsure == vec4<u32>())) {
    return;
  }
  loop {
    // The first column that has a row left.
    let i = select(select(select(3u, 2u, unsure.z != 0), 1u, unsure.y != 0), 0u, unsure.x != 0);
    let rows = unsure[i];
    unsure[i] = rows & (rows - 1);
    let r = firstTrailingBit(rows);
    var sum = start;
    var tap = 0u;
    loop {
      let ky = tap / 3;
      let source = sourceOf(n, top + r * STRIDE + ky, word, zero, size);
      sum = fma(kernelAt(word + tap * row, weightOffset), valueAt(placeOf(left + i * STRIDE + tap - 3 * ky, size), source), sum);
      tap++;
      continuing {
        break if tap == 9;
      }
    }
    y[first + (r * size.ow + i) * row] = finishExactly(vec4<i32>(sum), e);
    continuing {
      break if all(unsure == vec4<u32>());
    }
  }
}
