// What the integer convolution kernels share.

// #include "lib/qproduct.wgsl"
// #include "lib/qwindow.wgsl"

struct Params {
  pixels: u32, // n * oh * ow
  h: u32,
  w: u32,
  icWords: u32, // words of an input pixel
  words: u32, // of them, those that 4 output channels read
  oc: u32,
  ocGroup: u32, // channels of one group, out and in
  icGroup: u32,
  oh: u32,
  ow: u32,
  bottom: u32, // rows and columns that the taps span, up to where the next one would be: kernel * dilation
  right: u32,
  dh: u32, // dilation: from tap to tap
  dw: u32,
  sh: u32,
  sw: u32,
  top: u32,
  left: u32,
  relu: u32, // 1: clamp at the zero point
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(10) var<uniform> params: Params;

// The zero point in all four lanes: what x holds outside of the image.
fn zeroWord() -> u32 {
  return (u32(xZeroPoint) & 255) * 0x01010101;
}

// The first word of x that 4 output channels read: those of their groups. 0 where there is one group.
fn firstWord(quad: u32, size: Params) -> u32 {
  return min(quad * 4 / size.ocGroup * size.icGroup / 4, size.icWords - size.words);
}

// Taps of a window.
fn tapsOf(size: Params) -> u32 {
  return size.bottom / size.dh * (size.right / size.dw);
}

// Sums of products for 4 channels of one pixel, less what zero points of weights add to them.
fn centered(sum: vec4<i32>, pixel: u32, channel: u32, e: Epilogue) -> vec4<i32> {
  if (!ASYMMETRIC) {
    return sum;
  }
  let c = channelsAt(channel) / params.ocGroup + pixel * (params.oc / params.ocGroup);
  return sum - e.weightZero * vec4<i32>(centeredSums[c.x], centeredSums[c.y], centeredSums[c.z], centeredSums[c.w]);
}

// A word of y.
fn finishPixel(sum: vec4<i32>, pixel: u32, channel: u32, e: Epilogue) -> u32 {
  return finish(centered(sum, pixel, channel, e), e);
}
