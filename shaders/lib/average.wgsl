// The windows of average pools along one axis: see src/ops/average.ts, which says the same. Needs Params with their names.

override ADAPTIVE = false;

// What of a window lies in the image, from `first` to before `end` in pixels of it, and what it counts for in the divisor.
struct Extent {
  first: u32,
  end: u32,
  count: u32,
}

fn extentOf(o: u32, outputs: u32, size: u32, span: u32, stride: u32, before: u32, after: u32) -> Extent {
  if (ADAPTIVE) {
    let first = o * size / outputs;
    let end = ((o + 1u) * size + outputs - 1u) / outputs;
    return Extent(first, end, end - first);
  }
  let start = o * stride;
  let first = max(start, before) - before;
  let end = min(start + span, before + size) - before;
  // A last window that ceilMode adds may stick out of the padding, too: that part never counts.
  return Extent(first, end, select(end - first, min(start + span, before + size + after) - start, params.countPadding != 0u));
}

fn rowsOf(row: u32) -> Extent {
  return extentOf(row, params.height, params.inHeight, params.spanY, params.strideY, params.top, params.bottom);
}

fn columnsOf(column: u32) -> Extent {
  return extentOf(column, params.width, params.inWidth, params.spanX, params.strideX, params.left, params.right);
}

fn divisorOf(rows: Extent, columns: Extent) -> u32 {
  return select(params.divisor, rows.count * columns.count, params.divisor == 0u);
}
