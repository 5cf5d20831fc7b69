// The gradient of a max pool whose windows do not overlap (stride >= span): dx[e] = dy of the window whose first maximum,
// row by row, is element e, else 0. dy f32 bits [n, height, width, channels], x and dx f32 bits [n, inHeight, inWidth,
// channels]. The image falls into cells of strideY x strideX, [n, cellRows, cellColumns], in coordinates moved by the
// padding; a cell begins with its window, or holds none at the end of the image. One thread takes up to 4 channels of a cell
// and writes every element of it.

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

@group(0) @binding(1) var<storage, read> dy: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<u32>;

// Up to 4 neighbouring channels; lanes past the last channel repeat it.
fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(x[at], x[at + lanes.y], x[at + lanes.z], x[at + lanes.w]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let size = params;
  let cellRows = (size.inHeight + size.top + size.strideY - 1u) / size.strideY;
  let cellColumns = (size.inWidth + size.left + size.strideX - 1u) / size.strideX;
  let place = placeOf(index, cellRows, cellColumns);
  let first = place.part * 4u;
  let start = vec2(place.row * size.strideY, place.column * size.strideX);
  let low = max(start, vec2(size.top, size.left));
  let end = vec2(size.top + size.inHeight, size.left + size.inWidth);
  let high = min(start + vec2(size.strideY, size.strideX), end);
  let hasWindow = place.row < size.height && place.column < size.width;
  let rows = inside(start.x, select(0u, size.spanY, hasWindow), size.dilationY, size.top, size.inHeight);
  let columns = inside(start.y, size.spanX, size.dilationX, size.left, size.inWidth);
  let origin = place.image * size.inHeight - size.top;
  let lanes = lanesOf(place.part);
  var best = vec4(LOWEST);
  var winner = vec4(0xffffffffu);
  for (var row = rows.x; row < rows.y; row += size.dilationY) {
    for (var column = columns.x; column < columns.y; column += size.dilationX) {
      let at = ((origin + row) * size.inWidth + column - size.left) * size.channels + first;
      let rank = rankOf(load(at, lanes));
      winner = select(winner, vec4(at), rank > best);
      best = max(best, rank);
    }
  }
  var gradient = vec4<u32>();
  if (hasWindow) {
    let d = ((place.image * size.height + place.row) * size.width + place.column) * size.channels + first;
    gradient = vec4(dy[d], dy[d + lanes.y], dy[d + lanes.z], dy[d + lanes.w]);
  }
  for (var row = low.x; row < high.x; row++) {
    for (var column = low.y; column < high.y; column++) {
      let to = ((origin + row) * size.inWidth + column - size.left) * size.channels + first;
      let value = select(vec4<u32>(), gradient, winner == vec4(to));
      dx[to] = value.x;
      dx[to + lanes.y] = value.y;
      dx[to + lanes.z] = value.z;
      dx[to + lanes.w] = value.w;
    }
  }
}
