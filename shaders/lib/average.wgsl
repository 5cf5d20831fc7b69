// The windows of average pools along one axis: see src/ops/average.ts, which says the same. Needs Params with their names.

override ADAPTIVE = false;

// What of a window lies in the image, from `first` to before `end` in pixels of it, and what it counts for in the divisor; all
// of it lies from `start` to before `stop`.
struct Extent {
  first: u32,
  end: u32,
  count: u32,
  start: u32,
  stop: u32,
}

fn extentOf(o: u32, outputs: u32, size: u32, span: u32, stride: u32, before: u32, after: u32, countPadding: u32) -> Extent {
  if (ADAPTIVE) {
    let first = o * size / outputs;
    let end = ((o + 1u) * size + outputs - 1u) / outputs;
    return Extent(first, end, end - first, first, end);
  }
  let start = o * stride;
  let first = max(start, before) - before;
  let end = min(start + span, before + size) - before;
  // A last window that ceilMode adds may stick out of the padding, too: that part never counts.
  let count = select(end - first, min(start + span, before + size + after) - start, countPadding != 0u);
  return Extent(first, end, count, start - before, start - before + span);
}

fn rowsOf(row: u32, size: Params) -> Extent {
  return extentOf(row, size.height, size.inHeight, size.spanY, size.strideY, size.top, size.bottom, size.countPadding);
}

fn columnsOf(column: u32, size: Params) -> Extent {
  return extentOf(column, size.width, size.inWidth, size.spanX, size.strideX, size.left, size.right, size.countPadding);
}

fn divisorOf(rows: Extent, columns: Extent, size: Params) -> u32 {
  return select(size.divisor, rows.count * columns.count, size.divisor == 0u);
}
