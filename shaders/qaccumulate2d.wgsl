// qaccumulate2d: the sums of an integer convolution, not requantized: 4 pixels x 4 output channels a thread.
//   y[o] = sum over ky, kx, i of (x[...] - xZeroPoint) * (weight[o, ky, kx, i] - weightZeroPoint[o])
// x i8 or u8 [n, h, w, ic], xZeroPoint outside of the image; weight as packWeight makes it, [oc / 4, kh, kw, words] vec4<u32>,
// depthwise [kh, kw, oc / 4] words; y i32 [n, oh, ow, oc]. What goes with asymmetric weights, the sums of x - xZeroPoint for
// each pixel and group and the zero points behind them, is made before (qconv2dSums.wgsl). Sums wrap at 2^32.

// #include "lib/index.wgsl"
// #include "lib/dot4.wgsl"
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
@group(0) @binding(1) var<storage, read> weight: array<u32>; // words of 4 channels
@group(0) @binding(2) var<storage, read> weightSum: array<i32>;
@group(0) @binding(3) var<storage, read> centeredSums: array<i32>; // any buffer where weights are symmetric
@group(0) @binding(4) var<storage, read_write> y: array<i32>;
@group(0) @binding(5) var<uniform> xZeroPoint: i32;
@group(0) @binding(6) var<uniform> params: Params;

override FLIP: u32 = 0; // 0x80808080 where x is u8
override ASYMMETRIC: bool = false;
override DEPTHWISE: bool = false;

// The products of 4 channels of x with 4 output channels, summed; depthwise, channel by channel.
fn products(word: u32, w: vec4<u32>) -> vec4<i32> {
  if (DEPTHWISE) {
    return unpack4xI8(word) * unpack4xI8(w.x);
  }
  return vec4<i32>(dot4(word, w.x), dot4(word, w.y), dot4(word, w.z), dot4(word, w.w));
}

// The weights of a tap and a word of x for this group of 4 output channels.
fn weightAt(group: u32, tap: u32, i: u32, taps: u32, size: Params) -> vec4<u32> {
  if (DEPTHWISE) {
    return vec4<u32>(weight[tap * ((size.oc + 3) / 4) + group]);
  }
  let at = 4 * ((group * taps + tap) * size.words + i);
  return vec4<u32>(weight[at], weight[at + 1], weight[at + 2], weight[at + 3]);
}

fn store(sum: vec4<i32>, pixel: u32, group: u32, start: vec4<i32>, size: Params) {
  if (pixel >= size.pixels) {
    return;
  }
  let acc = sum + start;
  let groups = size.oc / size.ocGroup;
  for (var lane = 0u; lane < 4 && group * 4 + lane < size.oc; lane++) {
    let channel = group * 4 + lane;
    var value = acc[lane];
    if (ASYMMETRIC) {
      value -= centeredSums[size.pixels * groups + channel] * centeredSums[pixel * groups + channel / size.ocGroup];
    }
    y[pixel * size.oc + channel] = value;
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  let columns = (size.pixels + 3) / 4;
  let group = index / columns; // of 4 output channels
  let first = (index - group * columns) * 4;
  if (group * 4 >= size.oc) {
    return;
  }
  let p0 = pixelAt(first, size);
  let p1 = nextPixel(p0, size);
  let p2 = nextPixel(p1, size);
  let p3 = nextPixel(p2, size);
  let w0 = windowAt(p0, size);
  let w1 = windowAt(p1, size);
  let w2 = windowAt(p2, size);
  let w3 = windowAt(p3, size);
  let zero = (u32(xZeroPoint) & 255) * 0x01010101; // what x holds outside of the image
  let zeroOfX = xZeroPoint - select(0, 128, FLIP != 0);
  var start = vec4<i32>();
  for (var lane = 0u; lane < 4 && group * 4 + lane < size.oc; lane++) {
    start[lane] = -zeroOfX * weightSum[group * 4 + lane];
  }
  var sum0 = vec4<i32>();
  var sum1 = vec4<i32>();
  var sum2 = vec4<i32>();
  var sum3 = vec4<i32>();
  let taps = size.bottom / size.dh * (size.right / size.dw);
  // The first word of x that these channels read: that of their groups.
  let begin = select(min(group * 4 / size.ocGroup * size.icGroup / 4, size.icWords - size.words), group, DEPTHWISE);
  var tap = 0u;
  for (var ky = 0u; ky < size.bottom; ky += size.dh) {
    for (var kx = 0u; kx < size.right; kx += size.dw) {
      let x0 = tapAt(w0, ky, kx, size);
      let x1 = tapAt(w1, ky, kx, size);
      let x2 = tapAt(w2, ky, kx, size);
      let x3 = tapAt(w3, ky, kx, size);
      for (var i = 0u; i < size.words; i++) {
        let w = weightAt(group, tap, i, taps, size);
        sum0 += products(select(x[x0 + begin + i], zero, x0 == outside) ^ FLIP, w);
        sum1 += products(select(x[x1 + begin + i], zero, x1 == outside) ^ FLIP, w);
        sum2 += products(select(x[x2 + begin + i], zero, x2 == outside) ^ FLIP, w);
        sum3 += products(select(x[x3 + begin + i], zero, x3 == outside) ^ FLIP, w);
      }
      tap++;
    }
  }
  store(sum0, first, group, start, size);
  store(sum1, first + 1, group, start, size);
  store(sum2, first + 2, group, start, size);
  store(sum3, first + 3, group, start, size);
}
