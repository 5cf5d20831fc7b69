// Threads over a tensor as [outer, channels, inner], laid by channelGrid in src/ops/quantizer.ts: a thread stays within
// one channel and takes every outerLanes-th slice, every innerLanes-th element of it. Neighbouring threads meet
// neighbouring elements.

struct Lane {
  channel: u32,
  outer: u32,
  inner: u32,
}

fn laneOf(index: u32, channels: u32, innerLanes: u32) -> Lane {
  let slice = index / innerLanes;
  return Lane(slice % channels, slice / channels, index % innerLanes);
}
