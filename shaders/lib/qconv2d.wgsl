// What the integer convolution and matrix product kernels share: sizes, bindings and the epilogue.
// A linear layer is a convolution of 1 x 1 images. A pixel is an output position, counted over [n, oh, ow].

// #include "lib/lanes.wgsl"
// #include "lib/requantize4.wgsl"

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

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weightSum: array<i32>;
@group(0) @binding(3) var<storage, read> bias: array<i32>;
@group(0) @binding(4) var<storage, read> multiplier: array<i32>;
@group(0) @binding(5) var<storage, read> exponent: array<i32>;
@group(0) @binding(6) var<storage, read_write> y: array<u32>;
@group(0) @binding(7) var<uniform> xZeroPoint: i32;
@group(0) @binding(8) var<uniform> yZeroPoint: i32;
@group(0) @binding(9) var<uniform> params: Params;

// The zero point in all four lanes: what x holds outside of the image.
fn zeroWord() -> u32 {
  return (u32(xZeroPoint) & 255) * 0x01010101;
}

// What 4 consecutive output channels need after the sum; zeros for channels past the end, so that they come out as 0.
struct Epilogue {
  bias: vec4<i32>, // the zero point of x folded in
  scale: Multipliers,
  low: vec4<i32>,
  high: vec4<i32>,
  lanes: u32,
}

fn epilogue(channel: u32) -> Epilogue {
  var start = vec4<i32>();
  var m = vec4<i32>();
  var e = vec4<i32>();
  for (var i = 0u; i < 4 && channel + i < params.oc; i++) {
    start[i] = bias[channel + i] - xZeroPoint * weightSum[channel + i];
    m[i] = multiplier[channel + i];
    e[i] = exponent[channel + i];
  }
  let low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1) - yZeroPoint;
  let high = params.quantMax - yZeroPoint;
  return Epilogue(start, multipliers(m, e), vec4<i32>(low), vec4<i32>(high), laneMask(params.oc - channel));
}

// Sums of x * weight for 4 channels of one pixel -> a word of y.
fn finish(sum: vec4<i32>, e: Epilogue) -> u32 {
  return packI8(clamp(requantize4(sum + e.bias, e.scale), e.low, e.high) + yZeroPoint) & e.lanes;
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
