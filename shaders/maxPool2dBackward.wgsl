// dx[e] = sum of dy over the windows whose first maximum, row by row, is element e. dy f32 [n, height, width, channels], x
// f32 bits and dx f32 [n, inHeight, inWidth, channels]; windows as in maxPool2d.wgsl, of any stride. One thread takes up to
// 4 channels of a pixel of x and looks at every window that holds it, in order.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"
// #include "lib/maximum.wgsl"
// #include "lib/holders.wgsl"
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

@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

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
  let place = placeOf(index, size.inHeight, size.inWidth);
  let at = vec2(place.row + size.top, place.column + size.left);
  let ys = holdersOf(at.x, size.spanY, size.strideY, size.height);
  let xs = holdersOf(at.y, size.spanX, size.strideX, size.width);
  let origin = place.image * size.inHeight - size.top;
  let lanes = lanesOf(place.part);
  let first = place.part * 4u;
  let own = rankOf(load(place.pixel * size.channels + first, lanes));
  var sum = vec4<f32>();
  for (var oy = ys.x; oy < ys.y; oy++) {
    let top = oy * size.strideY;
    let rows = inside(top, size.spanY, size.dilationY, size.top, size.inHeight);
    for (var ox = xs.x; ox < xs.y; ox++) {
      let left = ox * size.strideX;
      let columns = inside(left, size.spanX, size.dilationX, size.left, size.inWidth);
      // The pixel may lie between the window's taps.
      let isTap = (at.x - top) % size.dilationY == 0u && (at.y - left) % size.dilationX == 0u;
      // Won, when everything before is less and everything after is not more.
      var won = vec4(isTap);
      for (var row = rows.x; row < rows.y; row += size.dilationY) {
        let start = (origin + row) * size.inWidth - size.left;
        for (var column = columns.x; column < columns.y; column += size.dilationX) {
          let other = rankOf(load((start + column) * size.channels + first, lanes));
          let after = vec4(row > at.x || (row == at.x && column >= at.y));
          won = won & ((other < own) | ((other == own) & after));
        }
      }
      let d = ((place.image * size.height + oy) * size.width + ox) * size.channels + first;
      sum += select(vec4<f32>(), vec4(dy[d], dy[d + lanes.y], dy[d + lanes.z], dy[d + lanes.w]), won);
    }
  }
  let to = place.pixel * size.channels + first;
  dx[to] = sum.x;
  dx[to + lanes.y] = sum.y;
  dx[to + lanes.z] = sum.z;
  dx[to + lanes.w] = sum.w;
}
