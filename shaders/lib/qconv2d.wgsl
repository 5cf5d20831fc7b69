// What the integer convolution kernels share: sizes and where a window lies in x.
// A linear layer is a convolution of 1 x 1 images. A pixel is an output position, counted over [n, oh, ow].

// #include "lib/qproduct.wgsl"

struct Params {
  pixels: u32, // n * oh * ow
  h: u32,
  w: u32,
  icWords: u32, // words of an input pixel
  oc: u32,
  oh: u32,
  ow: u32,
  kh: u32,
  kw: u32,
  sh: u32,
  sw: u32,
  top: u32,
  left: u32,
  relu: u32, // 1: clamp at the zero point
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(9) var<uniform> params: Params;

// The zero point in all four lanes: what x holds outside of the image.
fn zeroWord() -> u32 {
  return (u32(xZeroPoint) & 255) * 0x01010101;
}

// An output position.
struct Pixel {
  n: u32,
  oy: u32,
  ox: u32,
}

fn pixelAt(pixel: u32, size: Params) -> Pixel {
  let line = pixel / size.ow;
  let n = line / size.oh;
  return Pixel(n, line - n * size.oh, pixel - line * size.ow);
}

// The pixel after it. Past the last one n leaves the tensor: what is read there is not stored.
fn nextPixel(p: Pixel, size: Params) -> Pixel {
  let wrapped = p.ox + 1 == size.ow;
  let oy = p.oy + select(0u, 1u, wrapped);
  let ended = oy == size.oh;
  return Pixel(p.n + select(0u, 1u, ended), select(oy, 0u, ended), select(p.ox + 1, 0u, wrapped));
}

// A pixel's window: row, column and place (in pixels of x) of its top left tap. Above and left of the image they wrap: as
// u32 they are far beyond h and w, too, and the place comes right again when the tap is added.
struct Window {
  top: u32,
  left: u32,
  place: u32,
}

fn windowAt(p: Pixel, size: Params) -> Window {
  let top = p.oy * size.sh - size.top;
  let left = p.ox * size.sw - size.left;
  return Window(top, left, (p.n * size.h + top) * size.w + left);
}

// First word of the input pixel under a tap, or `outside`.
const outside = 0xffffffffu;
fn tapAt(window: Window, ky: u32, kx: u32, size: Params) -> u32 {
  let inside = window.top + ky < size.h && window.left + kx < size.w;
  return select(outside, (window.place + ky * size.w + kx) * size.icWords, inside);
}
