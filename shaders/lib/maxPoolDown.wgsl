// y = the maximum of x over windows of 2 to 5 by 2 to 5 pixels that overlap, down the rows; NaN wins, of 0 and -0 the first. x
// f32 bits [n, inHeight, inWidth, channels], y [n, height, width, channels]. A thread makes 4 / RIGHT windows side by side, for
// up to `run` rows of them, from two rows of the image a round: it takes the maxima of each row once, for all windows that hold
// it. Where taps are dilated, so are its windows: it sees one of dilationY * dilationX images between each other's pixels. A tap
// outside of the image is the nearest one in it, which is another tap of the window. Params has the names of lib/pool.wgsl.

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

// f32 bits as integers in the order of the numbers, -0 below 0 and NaN, of either sign, on top.
const ZERO = -0x7fffff;

fn turned(i: vec4<i32>) -> vec4<i32> {
  return i ^ select(vec4<i32>(), vec4(0x7fffffff), i < vec4<i32>());
}

struct Quad {
  a: vec4<i32>,
  b: vec4<i32>,
  c: vec4<i32>,
  d: vec4<i32>,
}

struct Row {
  most: Quad,
  least: vec4<i32>, // of its pixels' bits
}

struct Tap {
  key: vec4<i32>,
  bits: vec4<i32>,
}

// Where the taps' columns lie in the image's first row; what is in the image of rows and columns, `gap` apart.
struct Strip {
  near: vec4<u32>,
  far: vec4<u32>,
  rows: vec2<i32>,
  pitch: u32,
  part: u32,
  lanes: vec4<u32>,
}

// First and last pixel of the image that lies a multiple of `gap` from `at`.
fn endsOf(at: i32, gap: u32, size: u32) -> vec2<i32> {
  let step = i32(gap);
  let first = (at % step + step) % step;
  return vec2(first, first + (i32(size) - 1 - first) / step * step);
}

fn tapOf(at: u32, lanes: vec4<u32>) -> Tap {
  let bits = bitcast<vec4<i32>>(load(at, lanes));
  return Tap(turned(bits) + vec4(ZERO), bits);
}

fn byColumns(two: vec4<i32>, three: vec4<i32>, four: vec4<i32>, five: vec4<i32>) -> vec4<i32> {
  return select(select(five, four, COLUMNS == 4), select(three, two, COLUMNS == 2), COLUMNS < 4);
}

fn ifWider(columns: u32, tap: Tap) -> vec4<i32> {
  return select(vec4<i32>(), tap.bits, COLUMNS + 2 > RIGHT + columns);
}

fn rowOf(row: i32, at: Strip) -> Row {
  let y = u32(clamp(row, at.rows.x, at.rows.y)) * at.pitch;
  let near = at.near + y;
  let far = at.far + y;
  let v0 = tapOf(near.x, at.lanes);
  let v1 = tapOf(near.y, at.lanes);
  let v2 = tapOf(near.z, at.lanes);
  let v3 = tapOf(near.w, at.lanes);
  // What is not used is not read.
  let v4 = tapOf(far.x, at.lanes);
  let v5 = tapOf(far.y, at.lanes);
  let v6 = tapOf(far.z, at.lanes);
  let v7 = tapOf(far.w, at.lanes);
  let least = min(min(v0.bits, v1.bits), min(v2.bits, v3.bits));
  let leastBeyond = min(min(ifWider(2, v4), ifWider(3, v5)), min(ifWider(4, v6), ifWider(5, v7)));
  // The columns that a and b, c and d share.
  let v12 = max(v1.key, v2.key);
  let v34 = max(v3.key, v4.key);
  let ab = byColumns(v1.key, v12, max(v12, v3.key), max(v12, v34));
  let cd = byColumns(v3.key, v34, max(v34, v5.key), max(max(v34, v5.key), v6.key));
  let b = select(ab, max(ab, byColumns(v2.key, v3.key, v4.key, v5.key)), RIGHT == 1);
  let d = select(cd, max(cd, byColumns(v4.key, v5.key, v6.key, v7.key)), RIGHT == 1);
  return Row(Quad(max(v0.key, ab), b, max(v2.key, cd), d), min(least, leastBeyond));
}

fn joined(a: Quad, b: Quad) -> Quad {
  return Quad(max(a.a, b.a), max(a.b, b.b), max(a.c, b.c), max(a.d, b.d));
}

fn finish(key: vec4<i32>, pixel: u32, at: Strip, size: Params) {
  store(pixel * size.pixelStep + at.part, at.lanes, bitcast<vec4<u32>>(turned(key - vec4(ZERO))));
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
  if (index >= size.threads) {
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
  );
  let beside = vec3<u32>(1, 2 / RIGHT, 3) * size.dilationX;
  let rights = select(vec3<u32>(), beside, beside + column < vec3(size.width));
  let start = (image * size.height + first) * size.width + column;
  let down = size.width * size.dilationY;
  let last = start + (count - 1) * down;
  let step = i32(size.dilationY);
  // Rounds before the first windows are whole make what others replace.
  let early = ROWS / 2;
  let begin = top + (i32(ROWS) - i32(DOWN)) * step;
  var row = begin - 2 * i32(early) * step;
  var to = start;
  var o0 = Quad();
  var o1 = Quad();
  var o2 = Quad();
  var o3 = Quad();
  var least = vec4<i32>();
  loop {
    let a = rowOf(row, at);
    let b = rowOf(row + step, at);
    least = min(least, min(a.least, b.least));
    var core = a.most;
    var oldest = o3;
    if (ROWS > 2) {
      core = joined(core, o3);
      oldest = o2;
    }
    if (ROWS > 3) {
      core = joined(core, o2);
      oldest = o1;
    }
    if (ROWS > 4) {
      core = joined(core, o1);
      oldest = o0;
      o0 = o2;
    }
    if (ROWS > 3) {
      o1 = o3;
    }
    if (DOWN == 1) {
      finishRow(joined(core, b.most), min(to + down, last), rights, at, size);
      core = joined(core, oldest);
    } else {
      core = joined(core, b.most);
    }
    finishRow(core, to, rights, at, size);
    if (ROWS > 2) {
      o2 = a.most;
    }
    o3 = b.most;
    row += 2 * step;
    to = start + u32(max((row - begin) / (2 * step), 0)) * (2 / DOWN) * down;
    continuing {
      break if (to > last);
    }
  }
  // Where there is a -0 a maximum of 0 is done again, tap by tap in one loop: the first one counts.
  let end = select(0u, count * (4 / RIGHT) * TAPS, any(least == vec4(LOWEST)));
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
