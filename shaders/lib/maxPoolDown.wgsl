// y = the maximum of x over windows of 2 to 5 by 2 to 5 pixels that overlap, down the rows; NaN wins, of 0 and -0 the first. x
// f32 bits [n, inHeight, inWidth, channels], y [n, height, width, channels]. A thread makes 4 / RIGHT windows side by side, for
// up to `run` rows of them, from DOWN rows of the image a round (two where one is enough are more code than a CPU keeps at
// hand): it takes the maxima of each row once, for all windows that hold it. Where taps are dilated, so are its windows: it
// sees one of dilationY * dilationX images between each other's pixels. A tap outside of the image is the nearest one in it,
// which is another tap of the window. Params has the names of lib/pool.wgsl.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/maximum.wgsl"

override ROWS: u32 = 3;
override COLUMNS: u32 = 3;
override DOWN: u32 = 1; // the strides: 2 only without dilation
override RIGHT: u32 = 1;

override TAPS = ROWS * COLUMNS;

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
  dilationY: u32,
  dilationX: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

// Constants that a compiler does not see as such: SwiftShader fetches each one that it sees before every use.
struct Known {
  zero: i32,
  most: i32,
  least: i32,
  top: i32,
}

fn knownOf(zero: i32) -> Known {
  return Known(zero, zero + 0x7fffffff, zero + LOWEST, zero + 0x7ffffe);
}

// f32 bits as integers in the opposite order of the numbers, -0 above 0 and NaN, of either sign, lowest: a minimum is cheaper
// than a maximum. One by one, as what is left between the steps of a vec4 goes through memory.
fn keyOf(i: i32, known: Known) -> i32 {
  return known.top - turned(i, known);
}

fn bitsOf(key: i32, known: Known) -> i32 {
  return turned(known.top - key, known);
}

fn turned(i: i32, known: Known) -> i32 {
  return select(i, known.most - i, i < known.zero);
}

struct Quad {
  a: vec4<i32>,
  b: vec4<i32>,
  c: vec4<i32>,
  d: vec4<i32>,
}

struct Row {
  most: Quad,
  minus0: bool, // whether it has one
}

struct Tap {
  key: vec4<i32>,
  minus0: bool,
}

// Where the taps' columns lie in the image's first row; what is in the image of rows and columns, `gap` apart.
struct Strip {
  near: vec4<u32>,
  far: vec4<u32>,
  rows: vec2<i32>,
  pitch: u32,
  part: u32,
  lanes: vec4<u32>,
  known: Known,
}

// First and last pixel of the image that lies a multiple of `gap` from `at`.
fn endsOf(at: i32, gap: u32, size: u32) -> vec2<i32> {
  let step = i32(gap);
  let first = (at % step + step) % step;
  return vec2(first, first + (i32(size) - 1 - first) / step * step);
}

fn tapOf(offset: u32, at: Strip) -> Tap {
  let i = bitcast<vec4<i32>>(load(offset, at.lanes));
  let key = vec4(keyOf(i.x, at.known), keyOf(i.y, at.known), keyOf(i.z, at.known), keyOf(i.w, at.known));
  let least = at.known.least;
  return Tap(key, (i.x == least) | (i.y == least) | (i.z == least) | (i.w == least));
}

fn byColumns(two: vec4<i32>, three: vec4<i32>, four: vec4<i32>, five: vec4<i32>) -> vec4<i32> {
  return select(select(five, four, COLUMNS == 4), select(three, two, COLUMNS == 2), COLUMNS < 4);
}

fn ifWider(columns: u32, tap: Tap) -> bool {
  return (COLUMNS + 2 > RIGHT + columns) & tap.minus0;
}

fn rowOf(row: i32, at: Strip) -> Row {
  let y = u32(clamp(row, at.rows.x, at.rows.y)) * at.pitch;
  let near = at.near + y;
  let far = at.far + y;
  let v0 = tapOf(near.x, at);
  let v1 = tapOf(near.y, at);
  let v2 = tapOf(near.z, at);
  let v3 = tapOf(near.w, at);
  // What is not used is not read.
  let v4 = tapOf(far.x, at);
  let v5 = tapOf(far.y, at);
  let v6 = tapOf(far.z, at);
  let v7 = tapOf(far.w, at);
  let near0 = v0.minus0 | v1.minus0 | v2.minus0 | v3.minus0;
  let far0 = ifWider(2, v4) | ifWider(3, v5) | ifWider(4, v6) | ifWider(5, v7);
  // The columns that a and b, c and d share.
  let v12 = min(v1.key, v2.key);
  let v34 = min(v3.key, v4.key);
  let ab = byColumns(v1.key, v12, min(v12, v3.key), min(v12, v34));
  let cd = byColumns(v3.key, v34, min(v34, v5.key), min(min(v34, v5.key), v6.key));
  let b = select(ab, min(ab, byColumns(v2.key, v3.key, v4.key, v5.key)), RIGHT == 1);
  let d = select(cd, min(cd, byColumns(v4.key, v5.key, v6.key, v7.key)), RIGHT == 1);
  return Row(Quad(min(v0.key, ab), b, min(v2.key, cd), d), near0 | far0);
}

fn joined(a: Quad, b: Quad) -> Quad {
  return Quad(min(a.a, b.a), min(a.b, b.b), min(a.c, b.c), min(a.d, b.d));
}

// What takes a row's place in the next round.
fn shifted(one: Quad, two: Quad) -> Quad {
  if (DOWN == 1) {
    return one;
  }
  return two;
}

fn finish(key: vec4<i32>, pixel: u32, at: Strip, size: Params) {
  let bits = vec4(bitsOf(key.x, at.known), bitsOf(key.y, at.known), bitsOf(key.z, at.known), bitsOf(key.w, at.known));
  store(pixel * size.pixelStep + at.part, at.lanes, bitcast<vec4<u32>>(bits));
}

// Those past the last column take the first one's place, and are stored before it.
fn finishRow(q: Quad, pixel: u32, rights: vec3<u32>, at: Strip, size: Params) {
  if (RIGHT == 1) {
    finish(q.d, pixel + rights.z, at, size);
    finish(q.b, pixel + rights.x, at, size);
  }
  finish(q.c, pixel + rights.y, at, size);
  finish(q.a, pixel, at, size);
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
  let run = chunk - image * size.runs;
  let group = strip / size.dilationX;
  let column = (4 / RIGHT) * size.dilationX * group + strip - group * size.dilationX;
  let chain = run / size.dilationY;
  let first = chain * size.run * size.dilationY + run - chain * size.dilationY;
  if (column >= size.width || first >= size.height) {
    return;
  }
  let count = min(size.run, (size.height - first + size.dilationY - 1) / size.dilationY);
  let left = i32(column * RIGHT) - i32(size.left);
  let top = i32(first * DOWN) - i32(size.top);
  let gap = i32(size.dilationX);
  let columns = endsOf(left, size.dilationX, size.inWidth);
  let near = vec4(left) + vec4(0, 1, 2, 3) * gap;
  let pitch = size.inWidth * size.pixelStep;
  let origin = image * size.inHeight * pitch + part * size.partStep;
  let at = Strip(
    origin + vec4<u32>(clamp(near, vec4(columns.x), vec4(columns.y))) * size.pixelStep,
    origin + vec4<u32>(clamp(near + 4 * gap, vec4(columns.x), vec4(columns.y))) * size.pixelStep,
    endsOf(top, size.dilationY, size.inHeight),
    pitch,
    part * size.partStep,
    lanesOf(part),
    knownOf(i32(min(size.threads, 0u))),
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
    var q = a.most;
    if (DOWN == 2) {
      b = rowOf(row + step, at);
      q = joined(q, b.most);
    }
    minus0 |= a.minus0 | b.minus0;
    if (ROWS > DOWN) {
      q = joined(q, o3);
    }
    if (ROWS > DOWN + 1) {
      q = joined(q, o2);
    }
    if (ROWS > DOWN + 2) {
      q = joined(q, o1);
    }
    if (ROWS > DOWN + 3) {
      q = joined(q, o0);
      o0 = o1;
    }
    finishRow(q, to, rights, at, size);
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
  let end = select(0u, count * (4 / RIGHT) * TAPS, minus0);
  var best = vec4<i32>();
  var value = vec4<u32>();
  for (var i = 0u; i < end; i++) {
    let window = i / TAPS;
    let tap = i - window * TAPS;
    let o = window / (4 / RIGHT);
    let next = column + window % (4 / RIGHT) * size.dilationX;
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
