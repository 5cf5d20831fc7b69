// A pool along one axis: image [outer, size, inner] to [outer, outputs, inner], inner in `parts` parts of 4 units, of which memory
// counts `step`; what is 2 or more strides long and moves on by 1 or 2. A thread makes four neighbouring windows of one part and
// reads each of their taps once. A window is taken stride by stride: the taps of one, joined, then those of the next, then what
// is left, and so comes out the same wherever it lies. The including shader defines Params with the names used here; a Value,
// `nothing`, `tapOf` 4 units at a place of the axis, the nearest of the image where it `isIn` not, and `joined` of two Values, the
// earlier one first, in ANY_ORDER or only one by one; and `finished`, which makes 4 units of a window.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

override STRIDE: u32 = 1;
override BLOCKS: u32 = 2; // whole strides of a window
override REST: bool = false; // and one tap
// The gradient instead: of pools that move on by so much, else 0. STRIDE is 1, the image is dy, and a window what a stride of dx
// lies in, from the last one back; the first of two pixels lies in the REST, too.
override BACK: u32 = 0;

// The taps of a stride, and the first one.
struct Block {
  all: Value,
  one: Value,
}

// Of dx and the padding before it.
fn strides(size: Params) -> u32 {
  let stride = max(BACK, 1);
  return (size.outputs + size.before + stride - 1) / stride;
}

fn readAt(at: i32, origin: u32, lanes: vec4<u32>, size: Params) -> Value {
  let place = select(at, i32(strides(size)) - 1 - at, BACK > 0);
  let inside = u32(clamp(place, 0, i32(size.size) - 1));
  return tapOf(load(origin + inside * size.step, lanes), inside, u32(place) == inside, size);
}

fn blockOf(at: i32, origin: u32, lanes: vec4<u32>, size: Params) -> Block {
  let one = readAt(at, origin, lanes, size);
  if (STRIDE == 1) {
    return Block(one, one);
  }
  return Block(joined(one, readAt(at + 1, origin, lanes, size)), one);
}

fn storePixel(at: u32, to: u32, lanes: vec4<u32>, v: Value, size: Params) {
  store(to + at * size.step, lanes, finished(v, at, size));
}

fn storeStride(i: u32, to: u32, lanes: vec4<u32>, one: Value, v: Value, size: Params) {
  let at = (strides(size) - 1 - i) * BACK - size.before; // wraps outside of the image
  if (at < size.outputs) {
    storePixel(at, to, lanes, one, size);
  }
  if (BACK > 1 && at + 1 < size.outputs) {
    storePixel(at + 1, to, lanes, v, size);
  }
}

fn ended(v: Value, tap: Value) -> Value {
  if (REST) {
    return joined(v, tap);
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
  let line = index / size.parts;
  let part = index - line * size.parts;
  let outer = line / size.quads;
  let first = 4 * (line - outer * size.quads);
  let lanes = lanesOf(part);
  let channel = part * size.partStep;
  let origin = outer * size.size * size.step + channel;
  let at = i32(first * STRIDE) - select(i32(size.before), 0, BACK > 0);
  let stride = i32(STRIDE);
  let b0 = blockOf(at, origin, lanes, size).all;
  let b1 = blockOf(at + stride, origin, lanes, size).all;
  var a = joined(b0, b1);
  var b = b1;
  var c = nothing();
  var d = nothing();
  if (BLOCKS > 2) {
    c = blockOf(at + 2 * stride, origin, lanes, size).all;
    a = joined(a, c);
    b = joined(b, c);
  }
  let end = at + i32(BLOCKS) * stride;
  if (BLOCKS > 3) {
    var row = at + 3 * stride;
    loop {
      let v = blockOf(row, origin, lanes, size).all;
      if (!ANY_ORDER) {
        a = joined(a, v);
        b = joined(b, v);
        c = joined(c, v);
      }
      d = joined(d, v);
      row += stride;
      continuing {
        break if (row == end);
      }
    }
    if (ANY_ORDER) {
      a = joined(a, d);
      b = joined(b, d);
      c = joined(c, d);
    }
  }
  let t0 = blockOf(end, origin, lanes, size);
  let t1 = blockOf(end + stride, origin, lanes, size);
  let t2 = blockOf(end + 2 * stride, origin, lanes, size);
  if (BLOCKS > 2) {
    d = joined(d, t0.all);
  }
  b = joined(b, t0.all);
  c = joined(joined(c, t0.all), t1.all);
  d = joined(joined(d, t1.all), t2.all);
  let endedA = ended(a, t0.one);
  let endedB = ended(b, t1.one);
  let endedC = ended(c, t2.one);
  var endedD = d;
  if (REST) {
    endedD = joined(d, readAt(end + 3 * stride, origin, lanes, size));
  }
  let to = outer * size.outputs * size.step + channel;
  if (BACK > 0) {
    storeStride(first, to, lanes, endedA, a, size);
    storeStride(first + 1, to, lanes, endedB, b, size);
    storeStride(first + 2, to, lanes, endedC, c, size);
    storeStride(first + 3, to, lanes, endedD, d, size);
  } else {
    // Those past the last window take the first one's place, and are stored before it.
    let others = first + vec3<u32>(1, 2, 3);
    let there = select(vec3(first), others, others < vec3(size.outputs));
    storePixel(there.z, to, lanes, endedD, size);
    storePixel(there.y, to, lanes, endedC, size);
    storePixel(there.x, to, lanes, endedB, size);
    storePixel(first, to, lanes, endedA, size);
  }
}
