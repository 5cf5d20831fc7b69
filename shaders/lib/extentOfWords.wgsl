// #include "lib/classify.wgsl"
// #include "lib/order.wgsl"
// #include "lib/extent.wgsl"

// Smallest and largest finite values so far, each of a word's 4 elements for itself, in the order of lib/order.wgsl.
struct Extent {
  low: vec4<i32>,
  high: vec4<i32>,
}

fn emptyExtent() -> Extent {
  return Extent(vec4<i32>(EMPTY_LOW), vec4<i32>(EMPTY_HIGH));
}

fn widened(e: Extent, bits: vec4<u32>) -> Extent {
  let b = bitcast<vec4<i32>>(bits);
  let order = b ^ ((b >> vec4<u32>(31u)) & vec4<i32>(0x7fffffff));
  let finite = isFinite4(bits);
  return Extent(
    min(e.low, select(vec4<i32>(EMPTY_LOW), order, finite)),
    max(e.high, select(vec4<i32>(EMPTY_HIGH), order, finite)),
  );
}

// lows and highs of the shader: [lanes, channels].
fn writeExtent(lane: Lane, e: Extent) {
  let slice = lane.outer * params.innerLanes + lane.inner;
  if (params.laneStep == 0u) {
    let at = slice * params.channels + lane.channel;
    lows[at] = min(min(e.low.x, e.low.y), min(e.low.z, e.low.w));
    highs[at] = max(max(e.high.x, e.high.y), max(e.high.z, e.high.w));
    return;
  }
  let first = lane.channel * 4u;
  for (var k = 0u; k < min(params.rowLength - first, 4u); k++) {
    lows[slice * params.rowLength + first + k] = e.low[k];
    highs[slice * params.rowLength + first + k] = e.high[k];
  }
}
