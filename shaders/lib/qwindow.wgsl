// Where the windows of an integer convolution lie in x. A linear layer is a convolution of 1 x 1 images. A pixel is an output
// position, counted over [n, oh, ow]. The shader that includes it declares Params with these sizes.

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

// First word of the input pixel under the tap at this distance from the window's corner, or `outside`.
const outside = 0xffffffffu;
fn tapAt(window: Window, ky: u32, kx: u32, size: Params) -> u32 {
  let inside = window.top + ky < size.h && window.left + kx < size.w;
  return select(outside, (window.place + ky * size.w + kx) * size.icWords, inside);
}
