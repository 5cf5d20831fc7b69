// qconv2dDepthwise.wgsl for 3 x 3 taps without dilation, stride 1 or 2 both ways: a thread walks down the rows of 4 columns
// x 4 channels, the weights are read once, and of the 3 rows of a window only those that the row before did not have.
// Sums of 9 products of at most 255 * 255 are exact in f32.

// #include "lib/index.wgsl"
// #include "lib/qconv2d.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<u32>;

override STRIDE: u32 = 1;
// Rows of y a thread makes.
override ROWS: u32 = 1;

// The columns that 4 pixels read, in words from the row's first; 6 of them for stride 1.
struct Columns {
  c0: u32,
  c1: u32,
  c2: u32,
  c3: u32,
  c4: u32,
  c5: u32,
  c6: u32,
  c7: u32,
  c8: u32,
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

fn placeOf(column: u32, size: Params) -> u32 {
  return select(outside, column * size.icWords, column < size.w);
}

// Words of x less their zero point.
struct Source {
  start: u32, // of the row
  inside: bool,
  zero: u32,
  offset: vec4<f32>,
}

fn valueAt(place: u32, s: Source) -> vec4<f32> {
  let value = select(s.zero, x[s.start + select(place, 0, place == outside)], s.inside && place != outside);
  return unpackFlipped(value, FLIP ^ 0x00808080u, s.offset);
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

fn tapsAt(at: u32, row: u32, offset: vec4<f32>) -> Taps {
  return Taps(
    unpackFlipped(weight[at], 0x00808080u, offset),
    unpackFlipped(weight[at + row], 0x00808080u, offset),
    unpackFlipped(weight[at + 2 * row], 0x00808080u, offset),
  );
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
      s.p0 + w.a * v.v0 + w.b * v.v1 + w.c * v.v2,
      s.p1 + w.a * v.v2 + w.b * v.v3 + w.c * v.v4,
      s.p2 + w.a * v.v4 + w.b * v.v5 + w.c * v.v6,
      s.p3 + w.a * v.v6 + w.b * v.v7 + w.c * v.v8,
    );
  }
  return Strip(
    s.p0 + w.a * v.v0 + w.b * v.v1 + w.c * v.v2,
    s.p1 + w.a * v.v1 + w.b * v.v2 + w.c * v.v3,
    s.p2 + w.a * v.v2 + w.b * v.v3 + w.c * v.v4,
    s.p3 + w.a * v.v3 + w.b * v.v4 + w.c * v.v5,
  );
}

fn sourceOf(image: u32, iy: u32, word: u32, zero: u32, offset: vec4<f32>, size: Params) -> Source {
  let inside = iy < size.h;
  return Source((image * size.h + select(0, iy, inside)) * size.w * size.icWords + word, inside, zero, offset);
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
  if (n * size.oh * size.ow >= size.pixels) {
    return;
  }
  let e = epilogue(word * 4, 0, 0);
  let zero = zeroWord();
  let plain = vec4<f32>(-128, -128, -128, 0);
  let offset = plain - f32(zeroOfX());
  let weightOffset = plain - vec4<f32>(e.weightZero);
  let upper = tapsAt(word, row, weightOffset);
  let middle = tapsAt(word + 3 * row, row, weightOffset);
  let lower = tapsAt(word + 6 * row, row, weightOffset);
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
  var iy = firstRow * STRIDE - size.top;
  var above = lineAt(sourceOf(n, iy, word, zero, offset, size), c);
  var within = lineAt(sourceOf(n, iy + 1, word, zero, offset, size), c);
  var to = ((n * size.oh + firstRow) * size.ow + column) * row + word;
  let end = min(firstRow + ROWS, size.oh);
  for (var oy = firstRow; oy < end; oy++) {
    let below = lineAt(sourceOf(n, iy + 2, word, zero, offset, size), c);
    var s = addTaps(Strip(), above, upper);
    s = addTaps(s, within, middle);
    s = addTaps(s, below, lower);
    let words = finish4(Rows(vec4<i32>(s.p0), vec4<i32>(s.p1), vec4<i32>(s.p2), vec4<i32>(s.p3)), e);
    y[to] = words.x;
    if (column + 1 < size.ow) {
      y[to + row] = words.y;
    }
    if (column + 2 < size.ow) {
      y[to + 2 * row] = words.z;
    }
    if (column + 3 < size.ow) {
      y[to + 3 * row] = words.w;
    }
    to += size.ow * row;
    iy += STRIDE;
    if (STRIDE == 1) {
      above = within;
      within = below;
    } else {
      above = below;
      within = lineAt(sourceOf(n, iy + 1, word, zero, offset, size), c);
    }
  }
}
