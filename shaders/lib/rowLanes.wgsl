// Threads on rows of lanes (lib/lane1.wgsl, lib/lane4.wgsl), laid by rowLanes in src/ops/batchNorm.ts: a thread takes one lane
// of the rows partStart * part, + rowStep, ... below partStart * part + span. Needs Params with these names.

struct Rows {
  part: u32,
  lane: u32,
  count: u32,
  // Index of the lane in the first row, and the step to the next one.
  first: u32,
  step: u32,
}

fn rowsOfPart(part: u32) -> u32 {
  let first = part * params.partStart;
  return (min(first + params.span, params.rows) - first + params.rowStep - 1u) / params.rowStep;
}

fn rowsOf(index: u32) -> Rows {
  let part = index / params.vectors;
  let lane = index - part * params.vectors;
  return Rows(part, lane, rowsOfPart(part), part * params.partStart * params.vectors + lane, params.rowStep * params.vectors);
}
