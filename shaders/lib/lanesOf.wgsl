// Needs Params with `channels`.

// Offsets of a part's 4 channels; past the last channel they repeat it.
fn lanesOf(part: u32) -> vec4<u32> {
  return min(vec4(0u, 1u, 2u, 3u), vec4(params.channels - 1u - part * 4u));
}
