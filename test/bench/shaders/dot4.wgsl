// 16 independent packed dot products with accumulation a round and invocation, no memory: the ceiling of int8 arithmetic,
// 16 * 8 = 128 operations a round. The operand changes with the sum, so that nothing can be computed beforehand; sums
// wrap, which costs nothing.

// #include "../../../shaders/lib/dot4.wgsl"

struct Params {
  rounds: u32,
  word: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<i32>;
@group(0) @binding(1) var<uniform> params: Params;

fn step(sum: vec4<i32>, w: u32) -> vec4<i32> {
  let a = vec4<u32>(sum);
  return sum + vec4<i32>(dot4(a.x, w), dot4(a.y, w), dot4(a.z, w), dot4(a.w, w));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let start = vec4<i32>(i32(gid.x), 1, 2, 3);
  var a = start;
  var b = start + 4;
  var c = start + 8;
  var d = start + 12;
  for (var i = 0u; i < params.rounds; i++) {
    a = step(a, params.word);
    b = step(b, params.word);
    c = step(c, params.word);
    d = step(d, params.word);
  }
  let sum = a + b + c + d;
  y[gid.x] = sum.x + sum.y + sum.z + sum.w;
}
