// qmaxPool2d: y[n, oy, ox, c] = max over the window of x[n, oy sh - top + ky, ox sw - left + kx, c], padding left out.
// x [n, h, w, c], y [n, oh, ow, c], 4 channels a word; a thread makes up to 4 words of
// one pixel. flip = 0x80808080 makes i8 unsigned in the
// same order, 0 leaves u8 as it is; each byte is compared where it stands, the others masked.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

struct Params {
  pixels: u32, // n * oh * ow
  h: u32,
  w: u32,
  channels: u32,
  oh: u32,
  ow: u32,
  kh: u32,
  kw: u32,
  sh: u32,
  sw: u32,
  top: u32,
  left: u32,
  flip: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn largest(most: vec4<u32>, word: u32) -> vec4<u32> {
  return max(most, vec4<u32>(word ^ params.flip) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  let row = (size.channels + 3) / 4;
  let blocks = (row + 3) / 4;
  let pixel = index / blocks;
  if (pixel >= size.pixels) {
    return;
  }
  let c = (index - pixel * blocks) * 4; // first word
  let line = pixel / size.ow;
  let ox = pixel - line * size.ow;
  let n = line / size.oh;
  let oy = line - n * size.oh;
  // Rows and columns of the window that lie inside the image; oy * sh - top is negative in the padding.
  let top = i32(oy * size.sh) - i32(size.top);
  let left = i32(ox * size.sw) - i32(size.left);
  let bottom = min(top + i32(size.kh), i32(size.h));
  let right = min(left + i32(size.kw), i32(size.w));
  var most = array<vec4<u32>, 4>();
  for (var iy = max(top, 0); iy < bottom; iy++) {
    for (var ix = max(left, 0); ix < right; ix++) {
      let at = ((n * size.h + u32(iy)) * size.w + u32(ix)) * row + c;
      most[0] = largest(most[0], x[at]);
      most[1] = largest(most[1], x[at + 1]); // past the row: not stored
      most[2] = largest(most[2], x[at + 2]);
      most[3] = largest(most[3], x[at + 3]);
    }
  }
  for (var i = 0u; i < 4 && c + i < row; i++) {
    let word = (most[i].x | most[i].y | most[i].z | most[i].w) ^ size.flip;
    y[pixel * row + c + i] = word & laneMask(size.channels - (c + i) * 4);
  }
}
