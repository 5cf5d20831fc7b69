// Windows of a pool along one axis.

// First and past the last tap of the window at `start` that lies in the image, which begins at `before`.
fn inside(start: u32, span: u32, dilation: u32, before: u32, size: u32) -> vec2<u32> {
  let skipped = select(0u, (before - start + dilation - 1u) / dilation, start < before);
  return vec2(start + skipped * dilation, min(start + span, before + size));
}
