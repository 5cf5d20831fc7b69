// y = the maximum of x over each window; what lies outside of the image does not take part, NaN wins. x f32 bits
// [n, inHeight, inWidth, channels], y [n, height, width, channels]. One thread takes up to 4 channels of a pixel.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/maximum.wgsl"
// #include "lib/pool.wgsl"
// #include "lib/window.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  pixelStep: u32,
  partStep: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let size = params; // one load: every use of the uniform would be another
  let place = placeOf(index, size.height, size.width);
  let rows = inside(place.row * size.strideY, size.spanY, size.dilationY, size.top, size.inHeight);
  let columns = inside(place.column * size.strideX, size.spanX, size.dilationX, size.left, size.inWidth);
  let lanes = lanesOf(place.part);
  let step = size.dilationX * size.pixelStep;
  let count = (columns.y - columns.x + size.dilationX - 1u) / size.dilationX * step;
  let origin = place.image * size.inHeight - size.top;
  var best = vec4(LOWEST);
  var value = vec4<u32>();
  for (var row = rows.x; row < rows.y; row += size.dilationY) {
    let start = ((origin + row) * size.inWidth + columns.x - size.left) * size.pixelStep + place.part * size.partStep;
    for (var at = start; at < start + count; at += step) {
      let bits = load(at, lanes);
      let rank = rankOf(bits);
      value = select(value, bits, rank > best);
      best = max(best, rank);
    }
  }
  store(place.pixel * size.pixelStep + place.part * size.partStep, lanes, value);
}
