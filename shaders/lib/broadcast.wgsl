// Two operands that broadcast. y's axes are merged where both sides step alike, which leaves RANK of them, at most 6: the
// innermost of `size` elements, sizes size4 to size1 going out, and the outermost, whose size is not needed. a and b step by
// a4..a1 and b4..b1 elements, aOuter and bOuter, 0 along axes that they lack, and along the innermost by A_STEP and B_STEP, 0 or
// 1. A thread takes 4 neighbours of a row, chunk `chunk` of `chunks`; past its end the last element is done again.

override RANK: u32;
override A_STEP: u32;
override B_STEP: u32;

// Offsets in a and b, and the index that is left for the axes further out.
struct Walk {
  rest: u32,
  a: u32,
  b: u32,
}

// Where the 4 elements of a thread lie: in a row of y from `row` on in these columns, the row's operands from a and b on.
struct Neighbours {
  row: u32,
  column: vec4<u32>,
  a: u32,
  b: u32,
}

fn walk(w: Walk, size: u32, stepA: u32, stepB: u32) -> Walk {
  let rest = w.rest / size;
  let i = w.rest - rest * size;
  return Walk(rest, w.a + i * stepA, w.b + i * stepB);
}

fn neighboursOf(index: u32) -> Neighbours {
  let row = index / params.chunks;
  let chunk = index - row * params.chunks;
  var w = Walk(row, 0u, 0u);
  if (RANK > 2u) {
    w = walk(w, params.size4, params.a4, params.b4);
  }
  if (RANK > 3u) {
    w = walk(w, params.size3, params.a3, params.b3);
  }
  if (RANK > 4u) {
    w = walk(w, params.size2, params.a2, params.b2);
  }
  if (RANK > 5u) {
    w = walk(w, params.size1, params.a1, params.b1);
  }
  let column = min(vec4(4u * chunk) + vec4(0u, 1u, 2u, 3u), vec4(params.size - 1u));
  return Neighbours(row, column, w.a + w.rest * params.aOuter, w.b + w.rest * params.bOuter);
}
