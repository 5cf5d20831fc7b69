// dx = dy / count, dy repeated along the axes that the mean was taken over. dx is [outer, axis, inner] and dy [outer, inner] for
// the innermost run of those axes, in elements of theirs; outside are OUTER axes, of size4 to size1 going out, that dy steps
// through by step4 to step1, by stepOuter along the outermost, 0 where it is repeated. One thread writes `chunk` elements, one
// below the other.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  count: u32,
  axis: u32,
  inner: u32,
  chunk: u32,
  chunks: u32,
  stepOuter: u32,
  size1: u32,
  step1: u32,
  size2: u32,
  step2: u32,
  size3: u32,
  step3: u32,
  size4: u32,
  step4: u32,
}

override OUTER: u32;

@group(0) @binding(0) var<uniform> params: Params;

// What is left for the axes further out, and the offset in dy.
fn walk(w: vec2<u32>, size: u32, step: u32) -> vec2<u32> {
  let rest = w.x / size;
  return vec2(rest, w.y + (w.x - rest * size) * step);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  let size = params;
  // Lengths asked for here are not found out again in every round.
  if (index >= size.threads + min(arrayLength(&dx), 0)) {
    return;
  }
  let line = index / size.inner;
  let i = index - line * size.inner;
  let outer = line / size.chunks;
  let first = (line - outer * size.chunks) * size.chunk;
  var w = vec2(outer, i);
  if (OUTER > 1) {
    w = walk(w, size.size4, size.step4);
  }
  if (OUTER > 2) {
    w = walk(w, size.size3, size.step3);
  }
  if (OUTER > 3) {
    w = walk(w, size.size2, size.step2);
  }
  if (OUTER > 4) {
    w = walk(w, size.size1, size.step1);
  }
  let gradient = dy[w.y + w.x * size.stepOuter] / f32(size.count);
  // Several stores a round; those past the end are the last one again.
  let top = outer * size.axis;
  let last = (top + min(first + size.chunk, size.axis) - 1) * size.inner + i;
  var at = (top + first) * size.inner + i;
  loop {
    dx[at] = gradient;
    dx[min(at + size.inner, last)] = gradient;
    dx[min(at + 2 * size.inner, last)] = gradient;
    dx[min(at + 3 * size.inner, last)] = gradient;
    continuing {
      at += 4 * size.inner;
      break if (at > last);
    }
  }
}
