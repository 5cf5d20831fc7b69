// #include "lib/order.wgsl"
// #include "lib/extent.wgsl"

// The second pass: one workgroup a channel brings the lanes' results together. LANES 1 needs no barrier to speak of, for
// adapters where they are dear.

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
  workgroupBarrier();
  if (thread == 0u) {
    for (var i = 1u; i < LANES; i++) {
      low = min(low, groupLows[i]);
      high = max(high, groupHighs[i]);
    }
  }
  return vec2<i32>(low, high);
}
