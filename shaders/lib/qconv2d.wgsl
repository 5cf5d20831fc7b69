// What the integer convolution and matrix product kernels share: sizes, bindings and the epilogue.
// A linear layer is a convolution of 1 x 1 images. A pixel is an output position, counted over [n, oh, ow].

// #include "lib/lanes.wgsl"
// #include "lib/requantize.wgsl"

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
  multiplier: vec4<i32>,
  exponent: vec4<i32>,
  low: i32,
  high: i32,
  lanes: u32,
}

fn epilogue(channel: u32) -> Epilogue {
  var e: Epilogue;
  for (var i = 0u; i < 4; i++) {
    if (channel + i < params.oc) {
      e.bias[i] = bias[channel + i] - xZeroPoint * weightSum[channel + i];
      e.multiplier[i] = multiplier[channel + i];
      e.exponent[i] = exponent[channel + i];
    }
  }
  e.low = select(params.quantMin, max(params.quantMin, yZeroPoint), params.relu == 1) - yZeroPoint;
  e.high = params.quantMax - yZeroPoint;
  e.lanes = laneMask(params.oc - channel);
  return e;
}

// Sums of x * weight for 4 channels of one pixel -> a word of y.
fn finish(sum: vec4<i32>, e: Epilogue) -> u32 {
  let acc = sum + e.bias;
  let q = vec4<i32>(
    requantize(acc.x, e.multiplier.x, e.exponent.x),
    requantize(acc.y, e.multiplier.y, e.exponent.y),
    requantize(acc.z, e.multiplier.z, e.exponent.z),
    requantize(acc.w, e.multiplier.w, e.exponent.w),
  );
  return packI8(clamp(q, vec4<i32>(e.low), vec4<i32>(e.high)) + yZeroPoint) & e.lanes;
}

// An output position and where its window starts: the top left tap, which is negative in the padding.
struct Pixel {
  n: u32,
  oy: u32,
  ox: u32,
}

fn pixelAt(pixel: u32) -> Pixel {
  return Pixel(pixel / params.ow / params.oh, pixel / params.ow % params.oh, pixel % params.ow);
}

// The pixel after it. Past the last one n leaves the tensor: what is read there is not stored.
fn nextPixel(p: Pixel) -> Pixel {
  if (p.ox + 1 < params.ow) {
    return Pixel(p.n, p.oy, p.ox + 1);
  }
  if (p.oy + 1 < params.oh) {
    return Pixel(p.n, p.oy + 1, 0);
  }
  return Pixel(p.n + 1, 0, 0);
}

// First word of the input pixel under a tap, or `outside`. Above and left of the image the differences wrap: they are
// far beyond h and w, too.
const outside = 0xffffffffu;
fn tapAt(p: Pixel, ky: u32, kx: u32) -> u32 {
  let iy = p.oy * params.sh + ky - params.top;
  let ix = p.ox * params.sw + kx - params.left;
  return select(outside, ((p.n * params.h + iy) * params.w + ix) * params.icWords, iy < params.h && ix < params.w);
}
