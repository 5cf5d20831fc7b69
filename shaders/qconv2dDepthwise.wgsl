// qconv2d where every channel has a kernel of its own: 4 channels x 4 columns a thread, rows one after the other.
//   acc[c] = bias[c] + sum over ky, kx of (x[...] - xZeroPoint) * (weight[ky, kx, c] - zw[c])
//   y = yZeroPoint + clamp(requantize(acc, multiplier[c], exponent[c]))
// x, y i8 or u8 [n, h, w, c], weight i8 [kh, kw, c]; 4 channels a word. A packed dot product sums over channels, which here
// stay apart, so the products are f32: both factors are whole and at most 255 in magnitude, so 256 products sum to less than
// 2^24, which f32 holds without rounding in any order. More taps go to i32 sums on the way.

// #include "lib/index.wgsl"
// #include "lib/qconv2d.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<u32>;

// Kernels of stride 1 without dilation: neighbouring columns share taps, so each is read once.
override SLIDING: bool;
// Whether there are more than 256 taps.
override deep: bool;
// Rows of y a thread makes.
override ROWS: u32 = 1;

// An input row under the window, from the first of 4 columns on.
struct Line {
  inside: bool,
  place: u32, // of column 0, in pixels
}

fn xAt(line: Line, column: u32, word: u32, zero: u32, offset: vec4<f32>, size: Params) -> vec4<f32> {
  let value = select(zero, x[(line.place + column) * size.icWords + word], line.inside && column < size.w);
  return unpackFlipped(value, FLIP ^ 0x00808080u, offset);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let row = size.icWords;
  let columns = (size.ow + 3) / 4;
  let strips = (size.oh + ROWS - 1) / ROWS;
  let index = linearIndex(gid, workgroups, 64);
  let word = index % row;
  let column = index / row % columns * 4;
  let strip = index / row / columns;
  let n = strip / strips;
  let firstRow = (strip - n * strips) * ROWS;
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (n * size.oh * size.ow >= size.pixels + min(arrayLength(&x) + arrayLength(&weight) + arrayLength(&y), 0)) {
    return;
  }
  let e = epilogue(word * 4, 0, 0);
  let zero = zeroWord();
  let plain = vec4<f32>(-128, -128, -128, 0);
  let offset = plain - f32(zeroOfX());
  let weightOffset = plain - vec4<f32>(e.weightZero);
  let left = column * size.sw - size.left;
  for (var oy = firstRow; oy < min(firstRow + ROWS, size.oh); oy++) {
    var part = array<vec4<f32>, 4>();
    var sum = array<vec4<i32>, 4>();
    var held = 0u;
    var at = word;
    for (var ky = 0u; ky < size.bottom; ky += size.dh) {
      let iy = oy * size.sh - size.top + ky;
      let line = Line(iy < size.h, (n * size.h + iy) * size.w);
      var v0 = vec4<f32>();
      var v1 = vec4<f32>();
      var v2 = vec4<f32>();
      var v3 = vec4<f32>();
      if (SLIDING) {
        v1 = xAt(line, left, word, zero, offset, size);
        v2 = xAt(line, left + 1, word, zero, offset, size);
        v3 = xAt(line, left + 2, word, zero, offset, size);
      }
      for (var kx = 0u; kx < size.right; kx += size.dw) {
        if (deep) {
          for (var full = held == 256; full; full = false) {
            for (var i = 0u; i < 4; i++) {
              sum[i] += vec4<i32>(part[i]);
              part[i] = vec4<f32>();
            }
            held = 0;
          }
          held++;
        }
        let w = unpackFlipped(weight[at], 0x00808080u, weightOffset);
        at += row;
        if (SLIDING) {
          v0 = v1;
          v1 = v2;
          v2 = v3;
          v3 = xAt(line, left + 3 + kx, word, zero, offset, size);
        } else {
          v0 = xAt(line, left + kx, word, zero, offset, size);
          v1 = xAt(line, left + size.sw + kx, word, zero, offset, size);
          v2 = xAt(line, left + 2 * size.sw + kx, word, zero, offset, size);
          v3 = xAt(line, left + 3 * size.sw + kx, word, zero, offset, size);
        }
        part[0] += w * v0;
        part[1] += w * v1;
        part[2] += w * v2;
        part[3] += w * v3;
      }
    }
    let first = ((n * size.oh + oy) * size.ow + column) * row + word;
    for (var i = 0u; i < 4 && column + i < size.ow; i++) {
      y[first + i * row] = finish(sum[i] + vec4<i32>(part[i]), e);
    }
  }
}
