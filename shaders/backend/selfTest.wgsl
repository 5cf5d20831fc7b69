// Known answers, one vector an invocation: what int8 kernels are made of, asked of the device at hand.
// vectors [n, 6]: two words of 4 signed bytes, accumulator, multiplier, exponent, zero point.
// results [n, 6]: dot product, bytes summed lane by lane (low bits), unpacked and packed again, requantized to i8; then the
// accumulator and its neighbours requantized 4 at once, and long sums of products in f32.

// #include "../lib/dot4.wgsl"
// #include "../lib/lanes.wgsl"
// #include "../lib/requantize4.wgsl"

@group(0) @binding(0) var<storage, read> vectors: array<u32>;
@group(0) @binding(1) var<storage, read_write> results: array<i32>;

// Bytes of -128 and -127, by the lowest bits of a word of vectors.
fn large(word: u32) -> vec4<f32> {
  return unpackF32((vectors[word] & 0x01010101u) ^ 0x80808080u);
}

// 1020 products a lane, summed in the way of qconv2dFloat.wgsl: at most 2^24, so whole numbers throughout.
fn sumInFloat(first: u32, count: u32) -> vec4<i32> {
  let w = large(6u * first + 1u);
  let weights = mat4x4<f32>(w, w.yzwx, w.zwxy, w.wxyz);
  var part = vec4<f32>();
  for (var k = 0u; k < 255u; k++) {
    part += weights * large(6u * ((first + k) % count));
  }
  return vec4<i32>(part);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i >= arrayLength(&results) / 6u) {
    return;
  }
  let a = vectors[6u * i];
  let b = vectors[6u * i + 1u];
  let acc = bitcast<i32>(vectors[6u * i + 2u]);
  let multiplier = bitcast<i32>(vectors[6u * i + 3u]);
  let exponent = bitcast<i32>(vectors[6u * i + 4u]);
  let zeroPoint = bitcast<i32>(vectors[6u * i + 5u]);
  results[6u * i] = dot4(a, b);
  results[6u * i + 1u] = bitcast<i32>(packI8(unpackI8(a) + unpackI8(b)));
  results[6u * i + 2u] = bitcast<i32>(packI8(unpackI8(a)));
  results[6u * i + 3u] = requantizeTo(acc, multiplier, exponent, zeroPoint, -128, 127);
  let q = requantize4(vec4<i32>(acc, acc - 1, acc + 1, -acc), multipliers(vec4<i32>(multiplier), vec4<i32>(exponent)));
  results[6u * i + 4u] = bitcast<i32>(packI8(zeroPoint + clamp(q, vec4<i32>(-128 - zeroPoint), vec4<i32>(127 - zeroPoint))));
  results[6u * i + 5u] = dot(sumInFloat(i, arrayLength(&results) / 6u), vec4<i32>(1, 3, 5, 7));
}
