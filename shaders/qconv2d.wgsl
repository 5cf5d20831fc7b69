// qconv2d: integer convolution with requantization, in registers alone: 4 pixels x 4 output channels a thread. For
// devices where workgroup memory does not pay, and for shapes too small to fill tiles.
//   acc[o] = bias[o] - xZeroPoint * weightSum[o] + sum over ky, kx, i of x[...] * weight[o, ky, kx, i]
//   y = yZeroPoint + clamp(requantize(acc, multiplier[o], exponent[o]))
// x i8 [n, h, w, ic], xZeroPoint outside of the image; weight packed [oc / 4, kh, kw, ic / 4] vec4<u32>, one word for each
// of 4 output channels, 0 in unused lanes; y i8 [n, oh, ow, oc]. Accumulators are i32: the converter has checked that
// |bias| + sum |weight| * max |x - xZeroPoint| < 2^31; what wraps on the way unwraps.

// #include "lib/index.wgsl"
// #include "lib/dot4.wgsl"
// #include "lib/qconv2d.wgsl"

fn products(word: u32, w: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(dot4(word, w.x), dot4(word, w.y), dot4(word, w.z), dot4(word, w.w));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  let columns = (params.pixels + 3) / 4;
  let first = index % columns * 4;
  let group = index / columns; // of 4 output channels
  let row = (params.oc + 3) / 4;
  if (group >= row) {
    return;
  }
  let last = params.pixels - 1;
  let p0 = pixelAt(first);
  let p1 = nextPixel(p0);
  let p2 = nextPixel(p1);
  let p3 = nextPixel(p2);
  let zero = zeroWord();
  var sum0 = vec4<i32>();
  var sum1 = vec4<i32>();
  var sum2 = vec4<i32>();
  var sum3 = vec4<i32>();
  var at = group * params.kh * params.kw * params.icWords;
  for (var ky = 0u; ky < params.kh; ky++) {
    for (var kx = 0u; kx < params.kw; kx++) {
      let x0 = tapAt(p0, ky, kx);
      let x1 = tapAt(p1, ky, kx);
      let x2 = tapAt(p2, ky, kx);
      let x3 = tapAt(p3, ky, kx);
      for (var i = 0u; i < params.icWords; i++) {
        let w = weight[at];
        at++;
        sum0 += products(select(x[x0 + i], zero, x0 == outside), w);
        sum1 += products(select(x[x1 + i], zero, x1 == outside), w);
        sum2 += products(select(x[x2 + i], zero, x2 == outside), w);
        sum3 += products(select(x[x3 + i], zero, x3 == outside), w);
      }
    }
  }
  let e = epilogue(group * 4);
  y[first * row + group] = finish(sum0, e);
  if (first + 1 <= last) {
    y[(first + 1) * row + group] = finish(sum1, e);
  }
  if (first + 2 <= last) {
    y[(first + 2) * row + group] = finish(sum2, e);
  }
  if (first + 3 <= last) {
    y[(first + 3) * row + group] = finish(sum3, e);
  }
}
