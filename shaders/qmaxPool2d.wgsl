// qmaxPool2d: y = the maximum of x over each window, padding left out. x [n, inHeight, inWidth, channels], y
// [n, height, width, channels], 4 channels a word, pixelStep words a pixel; a thread makes up to 4 words of one pixel, a
// part. flip = 0x80808080 makes i8 unsigned in the same order, 0 leaves u8 as it is; each byte is compared where it stands,
// the others masked.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"
// #include "lib/pool.wgsl"
// #include "lib/window.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  parts: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  top: u32,
  left: u32,
  channels: u32,
  pixelStep: u32,
  flip: u32, // the bits to flip in a word
}

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
fn largest(most: vec4<u32>, word: u32) -> vec4<u32> {
  return max(most, vec4<u32>(word ^ params.flip) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads) {
    return;
  }
  let place = placeOf(index, size.height, size.width);
  let rows = inside(place.row * size.strideY, size.spanY, size.dilationY, size.top, size.inHeight);
  let columns = inside(place.column * size.strideX, size.spanX, size.dilationX, size.left, size.inWidth);
  let origin = place.image * size.inHeight - size.top;
  let words = size.pixelStep;
  let c = place.part * 4; // first word
  var most = array<vec4<u32>, 4>();
  for (var row = rows.x; row < rows.y; row += size.dilationY) {
    for (var column = columns.x; column < columns.y; column += size.dilationX) {
      let at = ((origin + row) * size.inWidth + column - size.left) * words + c;
      most[0] = largest(most[0], x[at]);
      most[1] = largest(most[1], x[at + 1]); // past the row: not stored
      most[2] = largest(most[2], x[at + 2]);
      most[3] = largest(most[3], x[at + 3]);
    }
  }
  for (var i = 0u; i < 4 && c + i < words; i++) {
    let word = (most[i].x | most[i].y | most[i].z | most[i].w) ^ size.flip;
    y[place.pixel * words + c + i] = word & laneMask(size.channels - (c + i) * 4);
  }
}
