// Maxima along one axis and where they are first: x f32 bits [outer, size, inner] to ranks [outer, outputs, inner] and places,
// the maximum's position on the axis modulo 256. Inner falls into `parts` parts of 4 units, of which memory counts `step`. A
// thread makes four windows of one part, `gap` apart, such that their taps lie a multiple of `dilation` from each other, and
// reads each tap once. The including shader defines `load`, `storeRank` and `storePlaces`.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/maximum.wgsl"

override IS_RANK: bool = false; // x holds ranks, and only their places are wanted
override TAPS: u32 = 5;
override MOVED: u32 = 1; // taps from a window of the thread to the next

struct Params {
  threads: u32,
  outputs: u32,
  size: u32,
  channels: u32,
  parts: u32,
  step: u32,
  partStep: u32,
  quads: u32,
  gap: u32,
  stride: u32,
  dilation: u32,
  before: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

struct First {
  rank: vec4<i32>,
  place: vec4<u32>,
}

// The earlier one first.
fn joined(v: First, w: First) -> First {
  let isMore = w.rank > v.rank;
  return First(select(v.rank, w.rank, isMore), select(v.place, w.place, isMore));
}

// If a window has so many taps.
fn joinedTap(v: First, w: First, tap: u32) -> First {
  let isMore = (w.rank > v.rank) & vec4(tap < TAPS);
  return First(select(v.rank, w.rank, isMore), select(v.place, w.place, isMore));
}

// Outside of the image, before which `at` wraps, nothing is more than anything.
fn tapOf(at: u32, origin: u32, lanes: vec4<u32>, size: Params) -> First {
  let isIn = at < size.size;
  let bits = load(origin + select(0, at, isIn) * size.step, lanes);
  var rank = bitcast<vec4<i32>>(bits);
  if (!IS_RANK) {
    rank = rankOf(bits);
  }
  return First(select(vec4(LOWEST), rank, isIn), vec4(at & 255));
}

fn finish(v: First, at: u32, lanes: vec4<u32>) {
  if (!IS_RANK) {
    storeRank(at, lanes, v.rank);
  }
  storePlaces(at, lanes, v.place);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + min(arrayLength(&x) + arrayLength(&ranks) + arrayLength(&places), 0)) { // see `asked` of lib/poolVectors.wgsl
    return;
  }
  let line = index / size.parts;
  let part = index - line * size.parts;
  let outer = line / size.quads;
  let quad = line - outer * size.quads;
  let group = quad / size.gap;
  let first = quad + 3 * group * size.gap;
  if (first >= size.outputs) {
    return;
  }
  let lanes = lanesOf(part);
  let channel = part * size.partStep;
  let origin = outer * size.size * size.step + channel;
  let dilation = size.dilation;
  let start = first * size.stride - size.before;
  var a = First(vec4(LOWEST), vec4<u32>());
  var b = a;
  var c = a;
  var d = a;
  if (MOVED == 1 && TAPS > 2) {
    let v0 = tapOf(start, origin, lanes, size);
    let v1 = tapOf(start + dilation, origin, lanes, size);
    let v2 = tapOf(start + 2 * dilation, origin, lanes, size);
    let end = start + TAPS * dilation;
    if (TAPS > 3) { // what all four share
      var at = start + 3 * dilation;
      loop {
        d = joined(d, tapOf(at, origin, lanes, size));
        at += dilation;
        continuing {
          break if (at == end);
        }
      }
    }
    let t0 = tapOf(end, origin, lanes, size);
    let t01 = joined(t0, tapOf(end + dilation, origin, lanes, size));
    let later = joined(v2, d);
    let most = joined(v1, later);
    a = joined(v0, most);
    b = joined(most, t0);
    c = joined(later, t01);
    d = joined(joined(d, t01), tapOf(end + 2 * dilation, origin, lanes, size));
  } else {
    var at = start;
    var tap = 0u;
    loop {
      let v = tapOf(at, origin, lanes, size);
      a = joinedTap(a, v, tap);
      b = joinedTap(b, v, tap - MOVED);
      c = joinedTap(c, v, tap - 2 * MOVED);
      d = joinedTap(d, v, tap - 3 * MOVED);
      at += dilation;
      tap++;
      continuing {
        break if (tap == TAPS + 3 * MOVED);
      }
    }
  }
  // Those past the last window take the first one's place, and are stored before it.
  let others = first + vec3<u32>(1, 2, 3) * size.gap;
  let to = outer * size.outputs * size.step + channel;
  let there = to + select(vec3(first), others, others < vec3(size.outputs)) * size.step;
  finish(d, there.z, lanes);
  finish(c, there.y, lanes);
  finish(b, there.x, lanes);
  finish(a, to + first * size.step, lanes);
}
