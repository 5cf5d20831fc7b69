// Known answers, one vector an invocation: what int8 kernels are made of, asked of the device at hand.
// vectors [n, 6]: two words of 4 signed bytes, accumulator, multiplier, exponent, zero point.
// results [n, 8]: dot product, bytes summed lane by lane (low bits), unpacked and packed again, requantized to i8; then the
// accumulator and its neighbours requantized 4 at once, long sums of products in f32, and requantized by the other rules.

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

fn store8(q: vec4<i32>, zeroPoint: i32) -> i32 {
  return bitcast<i32>(packI8(zeroPoint + clamp(q, vec4<i32>(-128 - zeroPoint), vec4<i32>(127 - zeroPoint))));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i >= arrayLength(&results) / 8u) {
    return;
  }
  let a = vectors[6u * i];
  let b = vectors[6u * i + 1u];
  let acc = bitcast<i32>(vectors[6u * i + 2u]);
  let multiplier = bitcast<i32>(vectors[6u * i + 3u]);
  let exponent = bitcast<i32>(vectors[6u * i + 4u]);
  let zeroPoint = bitcast<i32>(vectors[6u * i + 5u]);
  results[8u * i] = dot4(a, b);
  results[8u * i + 1u] = bitcast<i32>(packI8(unpackI8(a) + unpackI8(b)));
  results[8u * i + 2u] = bitcast<i32>(packI8(unpackI8(a)));
  results[8u * i + 3u] = requantizeTo(acc, multiplier, exponent, zeroPoint, -128, 127);
  let q = requantize4(vec4<i32>(acc, acc - 1, acc + 1, -acc), multipliers(vec4<i32>(multiplier), vec4<i32>(exponent)));
  results[8u * i + 4u] = store8(q, zeroPoint);
  results[8u * i + 5u] = dot(sumInFloat(i, arrayLength(&results) / 8u), vec4<i32>(1, 3, 5, 7));
  let others = vec4<i32>(
    singleHalfAway(acc, multiplier, exponent),
    doubleRounded(acc, multiplier, exponent, true),
    doubleRounded(acc, multiplier, exponent, false),
    doubleRounded(-acc, multiplier, exponent, true),
  );
  results[8u * i + 6u] = store8(others, zeroPoint);
  let t = f32(acc) + f32(bitcast<i32>(b)) * 0x1p-12;
  let inFloat = vec4<i32>(
    requantizeFloat(f32(acc), multiplier, exponent),
    requantizeFloat(f32(acc + 1), multiplier, exponent),
    requantizeFloat(t, multiplier, exponent),
    requantizeFloat(-t, multiplier, exponent),
  );
  results[8u * i + 7u] = store8(inFloat, zeroPoint);
}
