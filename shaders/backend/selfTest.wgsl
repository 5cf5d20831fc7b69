// Known answers, one vector an invocation: what int8 kernels are made of, asked of the device at hand.
// vectors [n, 6]: two words of 4 signed bytes, accumulator, multiplier, exponent, zero point.
// results [n, 4]: dot product, bytes summed lane by lane (low bits), unpacked and packed again, requantized to i8.

// #include "../lib/dot4.wgsl"
// #include "../lib/lanes.wgsl"
// #include "../lib/requantize.wgsl"

@group(0) @binding(0) var<storage, read> vectors: array<u32>;
@group(0) @binding(1) var<storage, read_write> results: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i >= arrayLength(&results) / 4u) {
    return;
  }
  let a = vectors[6u * i];
  let b = vectors[6u * i + 1u];
  let acc = bitcast<i32>(vectors[6u * i + 2u]);
  let multiplier = bitcast<i32>(vectors[6u * i + 3u]);
  let exponent = bitcast<i32>(vectors[6u * i + 4u]);
  let zeroPoint = bitcast<i32>(vectors[6u * i + 5u]);
  results[4u * i] = dot4(a, b);
  results[4u * i + 1u] = bitcast<i32>(packI8(unpackI8(a) + unpackI8(b)));
  results[4u * i + 2u] = bitcast<i32>(packI8(unpackI8(a)));
  results[4u * i + 3u] = requantizeTo(acc, multiplier, exponent, zeroPoint, -128, 127);
}
