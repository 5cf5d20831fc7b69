// What asymmetric weights ask of x, before the products (lib/qproduct.wgsl):
//   sums[pixel, group] = sum over the window's taps inside the image and the group's channels of x - xZeroPoint
// and behind them the weights' zero points, in one buffer: kernels have few. One number a thread.

// #include "lib/index.wgsl"
// #include "lib/dot4.wgsl"
// #include "lib/qwindow.wgsl"

struct Params {
  pixels: u32, // n * oh * ow
  h: u32,
  w: u32,
  icWords: u32, // words of an input pixel
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
@group(0) @binding(1) var<storage, read> weightZeroPoint: array<i32>;
@group(0) @binding(2) var<storage, read_write> sums: array<i32>;
@group(0) @binding(3) var<uniform> xZeroPoint: i32;
@group(0) @binding(4) var<uniform> params: Params;

override FLIP: u32 = 0; // 0x80808080 where x is u8

// A word whose bytes below `end` are 1.
fn onesBelow(end: u32) -> u32 {
  return select(0x01010101u & ((1u << (8 * min(end, 3u))) - 1), 0x01010101u, end >= 4);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  let groups = size.oc / size.ocGroup;
  let count = size.pixels * groups;
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (index >= count + size.oc + min(arrayLength(&x), 0)) {
    return;
  }
  if (index >= count) {
    sums[index] = weightZeroPoint[index - count];
    return;
  }
  let pixel = index / groups;
  let low = (index - pixel * groups) * size.icGroup;
  let high = low + size.icGroup;
  let window = windowAt(pixelAt(pixel, size), size);
  var sum = 0;
  for (var ky = 0u; ky < size.bottom; ky += size.dh) {
    for (var kx = 0u; kx < size.right; kx += size.dw) {
      let at = tapAt(window, ky, kx, size);
      if (at != outside) {
        for (var i = low / 4; i * 4 < high; i++) {
          // The lanes from low to high alone.
          let ones = onesBelow(high - i * 4) ^ onesBelow(select(0, low - i * 4, low > i * 4));
          sum += dot4(x[at + i] ^ FLIP, ones);
        }
        sum -= i32(size.icGroup) * (xZeroPoint - select(0, 128, FLIP != 0));
      }
    }
  }
  sums[index] = sum;
}
