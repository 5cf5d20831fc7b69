// 16 packed dot products with accumulation a round and invocation, no memory: the ceiling of int8 arithmetic, 16 * 8 = 128
// operations a round. An outer product of 4 words by 4, as in a convolution; the words of the next round are sums of this
// one, so that nothing can be computed beforehand and nothing but dot products is computed. Sums wrap, which costs nothing.

// #include "../../../shaders/lib/dot4.wgsl"

struct Params {
  rounds: u32,
  word: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<i32>;
@group(0) @binding(1) var<uniform> params: Params;

fn products(word: u32, w: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(dot4(word, w.x), dot4(word, w.y), dot4(word, w.z), dot4(word, w.w));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  var x = vec4<u32>(gid.x, 1, 2, 3) ^ vec4<u32>(params.word);
  var w = x + 4;
  var sum0 = vec4<i32>();
  var sum1 = vec4<i32>();
  var sum2 = vec4<i32>();
  var sum3 = vec4<i32>();
  for (var i = 0u; i < params.rounds; i++) {
    sum0 += products(x.x, w);
    sum1 += products(x.y, w);
    sum2 += products(x.z, w);
    sum3 += products(x.w, w);
    w = x;
    x = bitcast<vec4<u32>>(sum0);
  }
  let sum = sum0 + sum1 + sum2 + sum3;
  y[gid.x] = sum.x + sum.y + sum.z + sum.w;
}
