// Threads over a tensor as rows of 4-element words, laid by wordGrid in src/ops/quantizer.ts: words are [outer, channels,
// inner]; a thread stays within one channel and takes every outerLanes-th slice, every innerLanes-th word of it, so that
// neighbouring threads meet neighbouring words. Where the channels are the rows' own axis (laneStep 1), the four elements
// of a word are four channels, and `channels` counts words.
// A row may end inside a word: elements are then rowLength a row, words rowWords. Needs Params with these names.

struct Lane {
  channel: u32,
  outer: u32,
  inner: u32,
}

fn laneOf(index: u32) -> Lane {
  let slice = index / params.innerLanes;
  return Lane(slice % params.channels, slice / params.channels, index % params.innerLanes);
}

// A thread's words are runs, one for each of its slices; where slices are one word wide, all of them make a single run.
struct Run {
  first: u32,
  end: u32,
  step: u32,
}

fn slicesEnd(lane: Lane) -> u32 {
  return select(params.outer, lane.outer + 1u, params.inner == 1u);
}

fn runOf(lane: Lane, outer: u32) -> Run {
  if (params.inner == 1u) {
    return Run(outer * params.channels + lane.channel, params.outer * params.channels, params.outerLanes * params.channels);
  }
  let start = (outer * params.channels + lane.channel) * params.inner;
  return Run(start + lane.inner, start + params.inner, params.innerLanes);
}

// Where the parameters of a word's elements are.
struct WordChannel {
  index: vec4<u32>,
  step: u32,
}

fn wordChannel(lane: Lane) -> WordChannel {
  if (params.laneStep == 0u) {
    return WordChannel(vec4<u32>(lane.channel), 0u);
  }
  return WordChannel(min(vec4<u32>(lane.channel * 4u) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(params.rowLength - 1u)), 1u);
}

// A word's elements: the first, and how many there are.
struct Span {
  start: u32,
  count: u32,
}

fn spanOf(word: u32) -> Span {
  let row = word / params.rowWords;
  let column = (word - row * params.rowWords) * 4u;
  return Span(row * params.rowLength + column, min(params.rowLength - column, 4u));
}

// Indices of the four elements; those beyond the row's end repeat the last.
fn indicesOf(span: Span) -> vec4<u32> {
  return vec4<u32>(span.start) + min(vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(span.count - 1u));
}
