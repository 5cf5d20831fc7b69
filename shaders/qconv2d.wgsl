// qconv2d: integer convolution with requantization, in registers alone: 4 pixels x 4 output channels a thread. For
// devices where workgroup memory does not pay, and for shapes too small to fill tiles.
//   acc[o] = bias[o] - xZeroPoint * weightSum[o] + sum over ky, kx, i of x[...] * weight[o, ky, kx, i]
//   y = yZeroPoint + clamp(requantize(acc, multiplier[o], exponent[o]))
// x i8 or u8 [n, h, w, ic], xZeroPoint outside of the image; weight packed [oc / 4, kh, kw, ic / 4] vec4<u32>, one word for
// each of 4 output channels, 0 in unused lanes; y i8 or u8 [n, oh, ow, oc]. With groups, 4 output channels read and have the
// words of their groups alone. Zero points of weights, and u8 as i8: lib/qproduct.wgsl. Accumulators are i32: the converter
// has checked that |bias| + sum |weight - zero point| * max |x - xZeroPoint| < 2^31; what wraps on the way unwraps.

// #include "lib/index.wgsl"
// #include "lib/dot4.wgsl"
// #include "lib/qconv2d.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;

fn products(word: u32, w: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(dot4(word, w.x), dot4(word, w.y), dot4(word, w.z), dot4(word, w.w));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  let columns = (size.pixels + 3) / 4;
  let group = index / columns; // of 4 output channels
  let first = (index - group * columns) * 4;
  let row = (size.oc + 3) / 4;
  if (group >= row) {
    return;
  }
  let last = size.pixels - 1;
  let p0 = pixelAt(first, size);
  let p1 = nextPixel(p0, size);
  let p2 = nextPixel(p1, size);
  let p3 = nextPixel(p2, size);
  let w0 = windowAt(p0, size);
  let w1 = windowAt(p1, size);
  let w2 = windowAt(p2, size);
  let w3 = windowAt(p3, size);
  let zero = zeroWord();
  var sum0 = vec4<i32>();
  var sum1 = vec4<i32>();
  var sum2 = vec4<i32>();
  var sum3 = vec4<i32>();
  let start = firstWord(group, size);
  var at = group * tapsOf(size) * size.words;
  for (var ky = 0u; ky < size.bottom; ky += size.dh) {
    for (var kx = 0u; kx < size.right; kx += size.dw) {
      let x0 = tapAt(w0, ky, kx, size);
      let x1 = tapAt(w1, ky, kx, size);
      let x2 = tapAt(w2, ky, kx, size);
      let x3 = tapAt(w3, ky, kx, size);
      for (var i = start; i < start + size.words; i++) {
        let word = weight[at];
        at++;
        sum0 += products(select(x[x0 + i], zero, x0 == outside) ^ FLIP, word);
        sum1 += products(select(x[x1 + i], zero, x1 == outside) ^ FLIP, word);
        sum2 += products(select(x[x2 + i], zero, x2 == outside) ^ FLIP, word);
        sum3 += products(select(x[x3 + i], zero, x3 == outside) ^ FLIP, word);
      }
    }
  }
  let e = epilogue(group * 4, zeroOfX(), size.pixels * (size.oc / size.ocGroup));
  y[first * row + group] = finishPixel(sum0, first, group * 4, e);
  if (first + 1 <= last) {
    y[(first + 1) * row + group] = finishPixel(sum1, first + 1, group * 4, e);
  }
  if (first + 2 <= last) {
    y[(first + 2) * row + group] = finishPixel(sum2, first + 2, group * 4, e);
  }
  if (first + 3 <= last) {
    y[(first + 3) * row + group] = finishPixel(sum3, first + 3, group * 4, e);
  }
}
