// #include "lib/order.wgsl"
// #include "lib/extent.wgsl"

// The second pass: one workgroup a channel brings the lanes' results together. LANES is a power of 2; with 1 there is no
// barrier, for adapters where they are dear.

override LANES: u32 = 64u;

var<workgroup> groupLows: array<i32, LANES>;
var<workgroup> groupHighs: array<i32, LANES>;

// (low, high) of a channel in thread 0; the other threads' results have no meaning.
fn gatherExtents(channel: u32, channels: u32, lanes: u32, thread: u32) -> vec2<i32> {
  var low = EMPTY_LOW;
  var high = EMPTY_HIGH;
  for (var i = thread; i < lanes; i += LANES) {
    low = min(low, lows[i * channels + channel]);
    high = max(high, highs[i * channels + channel]);
  }
  groupLows[thread] = low;
  groupHighs[thread] = high;
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) {
      groupLows[thread] = min(groupLows[thread], groupLows[thread + width]);
      groupHighs[thread] = max(groupHighs[thread], groupHighs[thread + width]);
    }
  }
  return vec2<i32>(groupLows[thread], groupHighs[thread]);
}
