// The windows of a convolution with few input channels, one row of bytes a pixel, so that four taps share a word:
//   patches[pixel, (ky * kw + kx) * ic + i] = x[n, oy sh - top + ky dh, ox sw - left + kx dw, i]
// x i8 [n, h, w, ic], one word a pixel; xZeroPoint outside of the image; patches i8
// [n * oh * ow, kh * kw * ic], 0 in the padding lanes of a row. One row a thread, in order: no divisions by tap.

// #include "lib/index.wgsl"
// #include "lib/qwindow.wgsl"

struct Params {
  pixels: u32, // n * oh * ow
  h: u32,
  w: u32,
  icWords: u32, // words of an input pixel
  oh: u32,
  ow: u32,
  bottom: u32, // kh * dh: rows that the taps span, up to where the next one would be
  right: u32,
  dh: u32,
  dw: u32,
  sh: u32,
  sw: u32,
  top: u32,
  left: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> patches: array<u32>;
@group(0) @binding(2) var<uniform> xZeroPoint: i32;
@group(0) @binding(3) var<uniform> params: Params;

override ic: u32; // input channels, 1 to 3

struct Cursor {
  ky: u32,
  kx: u32,
}

fn next(c: Cursor, size: Params) -> Cursor {
  let wrapped = c.kx + size.dw == size.right;
  return Cursor(c.ky + select(0, size.dh, wrapped), select(c.kx + size.dw, 0, wrapped));
}

// The channels under a tap in the low bytes; 0 past the last tap.
fn valuesAt(window: Window, c: Cursor, zero: u32, size: Params) -> u32 {
  let at = tapAt(window, c.ky, c.kx, size); // one word a pixel
  return select(0, select(x[at], zero, at == outside), c.ky < size.bottom);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let pixel = linearIndex(gid, workgroups, 64);
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (pixel >= size.pixels + min(arrayLength(&x) + arrayLength(&patches), 0)) {
    return;
  }
  let window = windowAt(pixelAt(pixel, size), size);
  let zero = (u32(xZeroPoint) & 255) * 0x01010101;
  let words = (size.bottom / size.dh * (size.right / size.dw) * ic + 3) / 4;
  var to = pixel * words;
  let end = to + words;
  var c = Cursor();
  // 4 taps are `ic` words. Asked at the end, for software devices run a body once more than a loop that asks first lets them.
  loop {
    let c1 = next(c, size);
    let c2 = next(c1, size);
    let c3 = next(c2, size);
    let a = valuesAt(window, c, zero, size);
    let b = valuesAt(window, c1, zero, size);
    let d = valuesAt(window, c2, zero, size);
    let e = valuesAt(window, c3, zero, size);
    if (ic == 1) {
      patches[to] = (a & 0xff) + (b & 0xff) * 0x100 + (d & 0xff) * 0x10000 + e * 0x1000000;
    }
    if (ic == 2) {
      patches[to] = (a & 0xffff) + b * 0x10000;
      if (to + 1 < end) {
        patches[to + 1] = (d & 0xffff) + e * 0x10000;
      }
    }
    if (ic == 3) {
      patches[to] = (a & 0xffffff) + b * 0x1000000;
      if (to + 1 < end) {
        patches[to + 1] = ((b >> 8) & 0xffff) + d * 0x10000;
      }
      if (to + 2 < end) {
        patches[to + 2] = ((d >> 16) & 0xff) + e * 0x100;
      }
    }
    to += ic;
    c = next(c3, size);
    continuing {
      break if c.ky >= size.bottom;
    }
  }
}
