// Where a thread finds its words of y, a and b, which are broadcast to its shape: in units, which are vec4s of words
// (lib/pairVectors.wgsl) or words (lib/pairScalars.wgsl). A thread takes units along one axis, and finds out once where that
// is; src/ops/pairWalk.ts lays the grid. Needs Params with:
//   columns: words of a row of y; tail: bytes of the last one that are channels
//   aColumn, bColumn, aRow, bRow: where a side has no units, how far its words are apart in a row of y, and from row to row of
//   those that share units: `rows`, 1, 2 or 4
//   y, a, b: how far a thread's units are apart, `length` of them, less where they would pass the end of their axis: a unit has
//   one of `positions` there, and units are `pitch` of them and `column` columns apart; `start` is the first position, times
//   the thread's index of the axis `innermost` (1) or else outermost
//   size0 .. size4, y0 .. y4, yLast and the same of a and b: the grid of threads, axis 0 innermost, and what they are apart;
//   `Last` is the outermost axis

override FIXED_B: bool = false; // a thread meets but one unit of b
override AXES: u32 = 1; // of the grid of threads

// What a thread knows of its units.
struct Run {
  y: u32,
  a: u32,
  b: u32,
  last: u32, // the number of the last one
  column: vec4<u32>, // of the words of the first one
  offsetA: vec4<u32>, // of its words, where this side has no units
  offsetB: vec4<u32>,
}

struct Walk {
  rest: u32, // the index that is left for the axes further out
  y: u32,
  a: u32,
  b: u32,
}

fn along(w: Walk, size: u32, stepY: u32, stepA: u32, stepB: u32) -> Walk {
  let rest = w.rest / size;
  let i = w.rest - rest * size;
  return Walk(rest, w.y + i * stepY, w.a + i * stepA, w.b + i * stepB);
}

fn runOf(index: u32, size: Params) -> Run {
  var w = Walk(index, 0, 0, 0);
  if (AXES > 1) {
    w = along(w, size.size0, size.y0, size.a0, size.b0);
  }
  if (AXES > 2) {
    w = along(w, size.size1, size.y1, size.a1, size.b1);
  }
  if (AXES > 3) {
    w = along(w, size.size2, size.y2, size.a2, size.b2);
  }
  if (AXES > 4) {
    w = along(w, size.size3, size.y3, size.a3, size.b3);
  }
  if (AXES > 5) {
    w = along(w, size.size4, size.y4, size.a4, size.b4);
  }
  let outermost = w.rest;
  w = Walk(0, w.y + outermost * size.yLast, w.a + outermost * size.aLast, w.b + outermost * size.bLast);
  var first = outermost;
  if (AXES > 1) {
    first = select(first, index % size.size0, size.innermost == 1);
  }
  let last = min((size.positions - 1 - first * size.start) / size.pitch, size.length - 1);
  let word = w.y * WORDS + wordsOfUnit;
  let row = word / size.columns;
  let column = word - row * size.columns;
  let below = row % size.rows;
  return Run(w.y, w.a, w.b, last, column, column * size.aColumn + below * size.aRow, column * size.bColumn + below * size.bRow);
}
