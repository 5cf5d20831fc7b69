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

// The row being written: bytes gather in a word.
struct Row {
  at: u32,
  word: u32,
  place: u32, // 2^(8 * lane) of the next byte
}

fn append(row: Row, byte: u32) -> Row {
  let word = row.word + (byte & 255) * row.place;
  let full = row.place == 0x1000000;
  // A loop that runs at most once: software devices run both sides of an if, but skip a loop that no lane enters.
  for (var store = full; store; store = false) {
    patches[row.at] = word;
  }
  return Row(row.at + select(0u, 1u, full), select(word, 0u, full), select(row.place * 256, 1u, full));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let pixel = linearIndex(gid, workgroups, 64);
  if (pixel >= size.pixels) {
    return;
  }
  let window = windowAt(pixelAt(pixel, size), size);
  let zero = (u32(xZeroPoint) & 255) * 0x01010101;
  let words = (size.bottom / size.dh * (size.right / size.dw) * ic + 3) / 4;
  var row = Row(pixel * words, 0, 1);
  for (var ky = 0u; ky < size.bottom; ky += size.dh) {
    for (var kx = 0u; kx < size.right; kx += size.dw) {
      let at = tapAt(window, ky, kx, size); // one word a pixel
      let values = select(x[at], zero, at == outside);
      row = append(row, values);
      if (ic > 1) {
        row = append(row, values >> 8);
      }
      if (ic > 2) {
        row = append(row, values >> 16);
      }
    }
  }
  if (row.place > 1) {
    patches[row.at] = row.word;
  }
}
