// The maxima of x over windows of 2 to 5 by 2 to 5 pixels that overlap, down the rows; NaN wins, of 0 and -0 the first. x f32 bits
// [n, inHeight, inWidth, channels], y [n, height, width, channels]. A thread makes STEP / RIGHT windows side by side, for up to
// `run` rows of them, from DOWN rows of the image a round (two where one is enough are more code than a CPU keeps at hand): it
// takes the maxima of each row once, for all windows that hold it. Where taps are dilated, so are its windows: it sees one of
// dilationY * dilationX images between each other's pixels. A tap outside of the image is the nearest one in it, which is
// another tap of the window. Params has the names of lib/pool.wgsl.
// What is found out of a window, and stored, is up to lib/maxPoolMaxima.wgsl or lib/maxPoolWinners.wgsl: they define a Best of
// several taps of a row, of which each has a key and a Place, and how two are `joined`, the earlier first; a Line, of a row of
// a window; the Window of its lines; and `finish`, which stores it.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/maxKeys.wgsl"
// #include "lib/maximum.wgsl"

override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1; // the strides: 2 only without dilation
override RIGHT: u32 = 1;
override STEP: u32 = 4; // columns of the image from one thread's to the next: 2 or 4

override TAPS = ROWS * COLUMNS;

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  rows: u32, // of windows that are made
  pixelStep: u32,
  partStep: u32,
  strips: u32,
  run: u32,
  runs: u32,
  dilationY: u32,
  dilationX: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

struct Quad {
  a: Line,
  b: Line,
  c: Line,
  d: Line,
}

struct Row {
  most: Quad,
  minus0: bool, // whether it has one
}

struct Tap {
  best: Best,
  minus0: bool,
}

struct Places {
  a: Place,
  b: Place,
  c: Place,
  d: Place,
  e: Place,
  f: Place,
  g: Place,
  h: Place,
}

// Where the taps' columns lie in the image's first row; what is in the image of rows and columns, `gap` apart.
struct Strip {
  near: vec4<u32>,
  far: vec4<u32>,
  places: Places, // of the taps
  starts: vec4<u32>, // columns that windows begin with, negated and repeated
  rows: vec2<i32>,
  pitch: u32,
  part: u32,
  lanes: vec4<u32>,
  known: Known,
  kept: Kept,
}

// First and last pixel of the image that lies a multiple of `gap` from `at`.
fn endsOf(at: i32, gap: u32, size: u32) -> vec2<i32> {
  let step = i32(gap);
  let first = (at % step + step) % step;
  return vec2(first, first + (i32(size) - 1 - first) / step * step);
}

fn tapOf(offset: u32, place: Place, at: Strip) -> Tap {
  let i = bitcast<vec4<i32>>(load(offset, at.lanes));
  let key = vec4(keyOf(i.x, at.known), keyOf(i.y, at.known), keyOf(i.z, at.known), keyOf(i.w, at.known));
  let least = at.known.least;
  return Tap(bestOf(key, place, at.known), (i.x == least) | (i.y == least) | (i.z == least) | (i.w == least));
}

fn byColumns(two: Best, three: Best, four: Best, five: Best) -> Best {
  if (COLUMNS == 2) {
    return two;
  } else if (COLUMNS == 3) {
    return three;
  } else if (COLUMNS == 4) {
    return four;
  }
  return five;
}

// Whether a tap right of the first two has one.
fn ifWider(columns: u32, tap: Tap) -> bool {
  return (COLUMNS + STEP > RIGHT + columns) & tap.minus0;
}

fn rowOf(row: i32, at: Strip) -> Row {
  let y = u32(clamp(row, at.rows.x, at.rows.y)) * at.pitch;
  let near = at.near + y;
  let far = at.far + y;
  let v0 = tapOf(near.x, at.places.a, at);
  let v1 = tapOf(near.y, at.places.b, at);
  let v2 = tapOf(near.z, at.places.c, at);
  let v3 = tapOf(near.w, at.places.d, at);
  // What is not used is not read.
  let v4 = tapOf(far.x, at.places.e, at);
  let v5 = tapOf(far.y, at.places.f, at);
  let v6 = tapOf(far.z, at.places.g, at);
  let v7 = tapOf(far.w, at.places.h, at);
  let near0 = v0.minus0 | v1.minus0 | ifWider(2, v2) | ifWider(3, v3);
  let far0 = ifWider(4, v4) | ifWider(5, v5) | ifWider(6, v6) | ifWider(7, v7);
  // The columns that a and b, c and d share.
  let v12 = joined(v1.best, v2.best);
  let v34 = joined(v3.best, v4.best);
  let v345 = joined(v34, v5.best);
  let ab = byColumns(v1.best, v12, joined(v12, v3.best), joined(v12, v34));
  let cd = byColumns(v3.best, v34, v345, joined(v345, v6.best));
  let a = joined(v0.best, ab);
  let c = joined(v2.best, cd);
  let b = joined(ab, byColumns(v2.best, v3.best, v4.best, v5.best));
  let d = joined(cd, byColumns(v4.best, v5.best, v6.best, v7.best));
  let la = lineOf(a, at.starts.x);
  if (RIGHT == 2 && STEP == 2) {
    return Row(Quad(la, la, la, la), near0 | far0);
  }
  let lb = lineOf(b, at.starts.y);
  if (STEP == 2) {
    return Row(Quad(la, lb, la, lb), near0 | far0);
  }
  let lc = lineOf(c, at.starts.z);
  if (RIGHT == 2) {
    return Row(Quad(la, la, lc, lc), near0 | far0);
  }
  return Row(Quad(la, lb, lc, lineOf(d, at.starts.w)), near0 | far0);
}

// What takes a row's place in the next round.
fn shifted(one: Quad, two: Quad) -> Quad {
  if (DOWN == 1) {
    return one;
  }
  return two;
}

// The rows of a window that are still known, before a round's own.
struct Rows {
  o0: Quad,
  o1: Quad,
  o2: Quad,
  o3: Quad,
  new0: Quad,
  new1: Quad,
}

// Those past the last column take the first one's place, and are stored before it.
fn finishRows(r: Rows, pixel: u32, rights: vec3<u32>, round: Round, at: Strip, size: Params) {
  if (RIGHT == 1 && STEP == 4) {
    finish(windowOf(r.o0.d, r.o1.d, r.o2.d, r.o3.d, r.new0.d, r.new1.d, round), pixel + rights.z, at, size);
  }
  if (RIGHT == 1) {
    finish(windowOf(r.o0.b, r.o1.b, r.o2.b, r.o3.b, r.new0.b, r.new1.b, round), pixel + rights.x, at, size);
  }
  if (STEP == 4) {
    finish(windowOf(r.o0.c, r.o1.c, r.o2.c, r.o3.c, r.new0.c, r.new1.c, round), pixel + rights.y, at, size);
  }
  finish(windowOf(r.o0.a, r.o1.a, r.o2.a, r.o3.a, r.new0.a, r.new1.a, round), pixel, at, size);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked() + askedBeside()) {
    return;
  }
  let line = index / size.parts;
  let part = index - line * size.parts;
  let chunk = line / size.strips;
  let strip = line - chunk * size.strips;
  let image = chunk / size.runs;
  let run = chunk - image * size.runs;
  let group = strip / size.dilationX;
  let column = (STEP / RIGHT) * size.dilationX * group + strip - group * size.dilationX;
  let chain = run / size.dilationY;
  let first = chain * size.run * size.dilationY + run - chain * size.dilationY;
  if (column >= size.width || first >= size.rows) {
    return;
  }
  let count = min(size.run, (size.rows - first + size.dilationY - 1) / size.dilationY);
  let left = i32(column * RIGHT) - i32(size.left);
  let top = i32(first * DOWN) - i32(size.top);
  let gap = i32(size.dilationX);
  let columns = endsOf(left, size.dilationX, size.inWidth);
  let near = vec4(left) + vec4(0, 1, 2, 3) * gap;
  let pitch = size.inWidth * size.pixelStep;
  let origin = image * size.inHeight * pitch + part * size.partStep;
  let nearest = vec4<u32>(clamp(near, vec4(columns.x), vec4(columns.y)));
  let farther = vec4<u32>(clamp(near + 4 * gap, vec4(columns.x), vec4(columns.y)));
  let at = Strip(
    origin + nearest * size.pixelStep,
    origin + farther * size.pixelStep,
    Places(
      placeOf(nearest.x),
      placeOf(nearest.y),
      placeOf(nearest.z),
      placeOf(nearest.w),
      placeOf(farther.x),
      placeOf(farther.y),
      placeOf(farther.z),
      placeOf(farther.w),
    ),
    repeated(vec4<u32>(-near)),
    endsOf(top, size.dilationY, size.inHeight),
    pitch,
    part * size.partStep,
    lanesOf(part),
    knownOf(i32(min(size.threads, 0u))),
    keptOf(image, part, size),
  );
  let beside = vec3<u32>(1, 2 / RIGHT, 3) * size.dilationX;
  let rights = select(vec3<u32>(), beside, beside + column < vec3(size.width));
  let start = (image * size.height + first) * size.width + column;
  let down = size.width * size.dilationY;
  let last = start + (count - 1) * down;
  let step = i32(size.dilationY);
  // Rounds before the first windows are whole make what others replace.
  var row = top - i32((DOWN - ROWS % DOWN) % DOWN) * step;
  let whole = top + i32(ROWS - DOWN) * step;
  var to = start;
  var o0 = Quad(); // the rows before, o3 the last one
  var o1 = Quad();
  var o2 = Quad();
  var o3 = Quad();
  var minus0 = false;
  loop {
    let a = rowOf(row, at);
    var b = a;
    if (DOWN == 2) {
      b = rowOf(row + step, at);
    }
    minus0 |= a.minus0 | b.minus0;
    finishRows(Rows(o0, o1, o2, o3, a.most, b.most), to, rights, roundOf(row, at), at, size);
    if (ROWS > DOWN + 3) {
      o0 = o1;
    }
    if (ROWS > DOWN + 2) {
      o1 = shifted(o2, o3);
    }
    if (ROWS > DOWN + 1) {
      o2 = shifted(o3, a.most);
    }
    o3 = b.most;
    to += select(0, down, row >= whole);
    row += i32(DOWN) * step;
    continuing {
      break if (to > last);
    }
  }
  // Where there is a -0 a maximum of 0 is done again, tap by tap in one loop: the first one counts.
  let inside = min(count, (max(size.height, first) - first + size.dilationY - 1) / size.dilationY);
  let end = select(0u, inside * (STEP / RIGHT) * TAPS, minus0 && keepsMaxima());
  var best = vec4<i32>();
  var value = vec4<u32>();
  for (var i = 0u; i < end; i++) {
    let window = i / TAPS;
    let tap = i - window * TAPS;
    let o = window / (STEP / RIGHT);
    let next = column + window % (STEP / RIGHT) * size.dilationX;
    let c = select(column, next, next < size.width);
    let to = (start + o * down + c - column) * size.pixelStep + at.part;
    let y = clamp(top + i32(o * DOWN + tap / COLUMNS) * step, at.rows.x, at.rows.y);
    let x = clamp(i32(c * RIGHT) - i32(size.left) + i32(tap % COLUMNS) * gap, columns.x, columns.y);
    let bits = load(origin + u32(y) * pitch + u32(x) * size.pixelStep, at.lanes);
    let rank = rankOf(bits);
    let before = select(best, vec4(LOWEST), tap == 0);
    value = select(value, bits, rank > before);
    best = max(before, rank);
    if (tap == TAPS - 1) {
      store(to, at.lanes, value);
    }
    i += select(0u, TAPS - 1, tap == 0 && all((made(to, at.lanes) & vec4(0x7fffffff)) != vec4<u32>()));
  }
}
