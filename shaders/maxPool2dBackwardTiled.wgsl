// The gradient of a max pool whose windows do not overlap (stride >= kernel): dx[e] = dy of the window whose first maximum,
// row by row, is element e, else 0. dy f32 bits [n, height, width, channels], x and dx f32 bits [n, inHeight, inWidth,
// channels]. The image falls into cells of strideY x strideX, [n, cellRows, cellColumns], in coordinates moved by the
// padding; a cell begins with its window, or holds none at the end of the image. One thread takes up to 4 channels of a cell
// and writes every element of it.

// #include "lib/index.wgsl"
// #include "lib/maximum.wgsl"

struct Params {
  threads: u32,
  cellRows: u32,
  cellColumns: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  kernelY: u32,
  kernelX: u32,
  strideY: u32,
  strideX: u32,
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
  let parts = (params.channels + 3u) / 4u;
  let cell = index / parts;
  let first = (index - cell * parts) * 4u;
  let line = cell / params.cellColumns;
  let image = line / params.cellRows;
  let oy = line - image * params.cellRows;
  let ox = cell - line * params.cellColumns;
  let start = vec2(oy * params.strideY, ox * params.strideX);
  let low = max(start, vec2(params.top, params.left));
  let end = vec2(params.top + params.inHeight, params.left + params.inWidth);
  let high = min(start + vec2(params.strideY, params.strideX), end);
  var windowEnd = min(start + vec2(params.kernelY, params.kernelX), end);
  if (oy >= params.height || ox >= params.width) {
    windowEnd = vec2<u32>();
  }
  let origin = image * params.inHeight - params.top;
  let lanes = min(vec4(0u, 1u, 2u, 3u), vec4(params.channels - 1u - first));
  var best = vec4(LOWEST);
  var place = vec4(0xffffffffu);
  for (var row = low.x; row < windowEnd.x; row++) {
    for (var column = low.y; column < windowEnd.y; column++) {
      let at = ((origin + row) * params.inWidth + column - params.left) * params.channels + first;
      let rank = rankOf(load(at, lanes));
      place = select(place, vec4(at), rank > best);
      best = max(best, rank);
    }
  }
  var gradient = vec4<u32>();
  if (oy < params.height && ox < params.width) {
    let d = ((image * params.height + oy) * params.width + ox) * params.channels + first;
    gradient = vec4(dy[d], dy[d + lanes.y], dy[d + lanes.z], dy[d + lanes.w]);
  }
  for (var row = low.x; row < high.x; row++) {
    for (var column = low.y; column < high.y; column++) {
      let to = ((origin + row) * params.inWidth + column - params.left) * params.channels + first;
      let value = select(vec4<u32>(), gradient, place == vec4(to));
      dx[to] = value.x;
      dx[to + lanes.y] = value.y;
      dx[to + lanes.z] = value.z;
      dx[to + lanes.w] = value.w;
    }
  }
}
