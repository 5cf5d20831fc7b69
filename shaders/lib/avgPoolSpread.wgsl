// dx = the sum over the windows that hold the pixel of dy by the window's divisor, row of windows by row. x is dy, f32 bits
// [n, height, width, channels], y is dx [n, inHeight, inWidth, channels].

// #include "lib/poolSpread.wgsl"
// #include "lib/average.wgsl"

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
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
}

@group(0) @binding(0) var<uniform> params: Params;

// What the columns count for in the divisor.
alias Kept = vec4<u32>;

fn keptOf(columns: vec4<u32>, size: Params) -> Kept {
  return vec4(
    columnsOf(columns.x, size).count,
    columnsOf(columns.y, size).count,
    columnsOf(columns.z, size).count,
    columnsOf(columns.w, size).count,
  );
}

// What two pixels get of a row.
alias Row = Pair;

fn rowOf(row: u32, at: Strip, size: Params) -> Row {
  let line = lineOf(row, at, size);
  let counts = vec4<f32>(select(vec4(size.divisor), rowsOf(line.row, size).count * at.kept, size.divisor == 0));
  let c = bitcast<vec4<f32>>(bitsOf(line, at.columns.z, at.masks.z, at, size)) / counts.z;
  var left = c;
  var right = c;
  if (COLUMNS > RIGHT) {
    let b = bitcast<vec4<f32>>(bitsOf(line, at.columns.y, at.masks.y, at, size)) / counts.y;
    left = b + c;
    if (COLUMNS - RIGHT == 2) {
      right = left;
      left += bitcast<vec4<f32>>(bitsOf(line, at.columns.x, at.masks.x, at, size)) / counts.x;
    }
  }
  if (RIGHT == 1) {
    right += bitcast<vec4<f32>>(bitsOf(line, at.columns.w, at.masks.w, at, size)) / counts.w;
  }
  return Pair(left, right);
}

alias Places = u32; // nothing

fn placeOf(row: u32, column: u32) -> Places {
  return 0;
}

fn gathered(sum: Pair, row: Row, place: Places) -> Pair {
  return Pair(sum.a + row.a, sum.b + row.b);
}
