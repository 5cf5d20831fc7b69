// Rows of logits with labels. Needs Params with classes and ignoreIndex, and labels.

fn isCounted(row: u32) -> bool {
  let label = labels[row];
  return label != params.ignoreIndex && label >= 0 && label < i32(params.classes);
}
