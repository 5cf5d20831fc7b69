// The windows of a convolution with few input channels, one row of bytes a pixel, so that four taps share a word:
//   patches[pixel, (ky * kw + kx) * ic + i] = x[n, oy sh - top + ky, ox sw - left + kx, i]
// x i8 [n, h, w, ic] with ic at most 4, one word a pixel; xZeroPoint outside of the image; patches i8
// [n * oh * ow, kh * kw * ic], 0 in the padding lanes of a row. One row a thread, in order: no divisions by tap.

// #include "lib/index.wgsl"

struct Params {
  pixels: u32, // n * oh * ow
  h: u32,
  w: u32,
  ic: u32,
  oh: u32,
  ow: u32,
  kh: u32,
  kw: u32,
  sh: u32,
  sw: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> patches: array<u32>;
@group(0) @binding(2) var<uniform> xZeroPoint: i32;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let pixel = linearIndex(gid, workgroups, 64);
  if (pixel >= size.pixels) {
    return;
  }
  let line = pixel / size.ow;
  let n = line / size.oh;
  // Above and left of the image these wrap, far beyond h and w.
  let top = (line - n * size.oh) * size.sh - size.top;
  let left = (pixel - line * size.ow) * size.sw - size.left;
  let zero = u32(xZeroPoint) & 255;
  let row = (size.kh * size.kw * size.ic + 3) / 4;
  var at = pixel * row;
  var word = 0u;
  var place = 1u; // 2^(8 * lane) of the next byte
  for (var ky = 0u; ky < size.kh; ky++) {
    for (var kx = 0u; kx < size.kw; kx++) {
      let iy = top + ky;
      let ix = left + kx;
      let values = x[(n * size.h + iy) * size.w + ix];
      let inside = iy < size.h && ix < size.w;
      for (var i = 0u; i < size.ic; i++) {
        word += select(zero, (values >> (8 * i)) & 255, inside) * place;
        patches[at] = word; // again for every byte of it: cheaper than asking whether it is the last
        let last = place == 0x1000000;
        at += select(0u, 1u, last);
        word = select(word, 0u, last);
        place = select(place * 256, 1u, last);
      }
    }
  }
}
