// The windows of a max pool along one axis: see lib/poolRun.wgsl.

// #include "lib/window.wgsl"

struct Extent {
  first: u32, // in the image, and past the last
  end: u32,
  start: u32, // anywhere, and a tap past the last
  stop: u32,
}

fn rowsOf(row: u32, size: Params) -> Extent {
  let start = row * size.strideY;
  let rows = inside(start, size.spanY, size.dilationY, size.top, size.inHeight) - size.top;
  return Extent(rows.x, rows.y, 0, 0);
}

fn columnsOf(column: u32, size: Params) -> Extent {
  let start = column * size.strideX - size.left;
  return Extent(0, 0, start, start + size.spanX - 1 + size.dilationX);
}
