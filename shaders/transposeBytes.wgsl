// transpose of 8-bit elements, 4 a word, rows beginning at whole words, where x's innermost axis a, of `sizeA`, is not y's,
// b, of `sizeB`. A block is 4 by 4 elements: neighbours along b are stepX words apart in x, neighbours along a stepY in y.
// A thread takes up to `run` blocks along the longer of a and b, blocks of which lie loopX and loopY apart, those of the
// other otherX and otherY; from one index of the other axes to the next, RANK of them, it is x1 to x4 and y1 to y4.

// #include "lib/index.wgsl"

struct Params {
  threads: u32,
  run: u32,
  runs: u32,
  loops: u32, // blocks along the longer axis
  others: u32,
  loopX: u32,
  loopY: u32,
  otherX: u32,
  otherY: u32,
  stepX: u32,
  stepY: u32,
  sizeA: u32,
  sizeB: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  x1: u32,
  x2: u32,
  x3: u32,
  x4: u32,
  y1: u32,
  y2: u32,
  y3: u32,
  y4: u32,
}

override RANK: u32;
override ALONG_A: bool; // a is the longer axis
// Whether the last block along an axis has fewer than 4 elements.
override ODD_A: bool;
override ODD_B: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// The offsets, and the index that is left for the axes further out.
struct Walk {
  rest: u32,
  x: u32,
  y: u32,
}

fn walk(w: Walk, size: u32, stepX: u32, stepY: u32) -> Walk {
  let rest = w.rest / size;
  let i = w.rest - rest * size;
  return Walk(rest, w.x + i * stepX, w.y + i * stepY);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  // Lengths asked for here are not found out again in every round.
  if (index >= size.threads + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  let row = index / size.runs;
  var i = (index - row * size.runs) * size.run;
  let end = min(i + size.run, size.loops);
  var w = Walk(row / size.others, 0, 0);
  let other = row - w.rest * size.others;
  if (RANK > 1) {
    w = walk(w, size.size4, size.x4, size.y4);
  }
  if (RANK > 2) {
    w = walk(w, size.size3, size.x3, size.y3);
  }
  if (RANK > 3) {
    w = walk(w, size.size2, size.x2, size.y2);
  }
  var at = w.x + w.rest * size.x1 + other * size.otherX + i * size.loopX;
  var to = w.y + w.rest * size.y1 + other * size.otherY + i * size.loopY;
  loop {
    let left = vec2(size.sizeA, size.sizeB) - 4 * select(vec2(other, i), vec2(i, other), ALONG_A);
    // Past the end of b the first word is read again, and 0 taken.
    let isIn = vec3<u32>(1, 2, 3) < vec3(select(4, left.y, ODD_B));
    let words = at + select(vec3<u32>(), vec3<u32>(1, 2, 3), isIn) * size.stepX;
    let word0 = x[at];
    let word1 = select(0, x[words.x], isIn.x);
    let word2 = select(0, x[words.y], isIn.y);
    let word3 = select(0, x[words.z], isIn.z);
    let even0 = (word0 & 0x00ff00ff) | ((word1 & 0x00ff00ff) * 0x100);
    let even1 = (word2 & 0x00ff00ff) | ((word3 & 0x00ff00ff) * 0x100);
    y[to] = (even0 & 0xffff) | (even1 * 0x10000);
    let odd0 = ((word0 >> 8) & 0x00ff00ff) | (word1 & 0xff00ff00);
    let odd1 = ((word2 >> 8) & 0x00ff00ff) | (word3 & 0xff00ff00);
    if (!ODD_A || left.x > 1) {
      y[to + size.stepY] = (odd0 & 0xffff) | (odd1 * 0x10000);
    }
    if (!ODD_A || left.x > 2) {
      y[to + 2 * size.stepY] = (even0 >> 16) | (even1 & 0xffff0000);
    }
    if (!ODD_A || left.x > 3) {
      y[to + 3 * size.stepY] = (odd0 >> 16) | (odd1 & 0xffff0000);
    }
    at += size.loopX;
    to += size.loopY;
    i++;
    continuing {
      break if i >= end; // software devices run the body of a loop that asks first once more
    }
  }
}
