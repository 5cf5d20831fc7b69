// y = x in another element type: see src/ops/cast.ts. FROM: 0 f32, 1 i32, 2 u32, 3 i8, 4 u8. TO: 0 f32, 1 f16 in f32, 2 bool,
// 3 and 4 the lowest BITS of a whole number, unsigned and signed. PACKED: y lies 4 values to a word. Rows of `size` elements
// are `chunks` of 4; in the last of them the row's last element may be done more than once. A thread takes every threads-th.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"
// #include "lib/classify.wgsl"
// #include "lib/half.wgsl"

struct Params {
  total: u32,
  threads: u32,
  chunks: u32,
  size: u32,
}

override FROM: u32;
override TO: u32;
override BITS: u32;
override PACKED: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// The bits of 4 whole numbers nearest to x in the direction of 0; i32's, of positive x as far as u32 goes where y is unsigned.
fn wholes(bits: vec4<u32>) -> vec4<u32> {
  let v = bitcast<vec4<f32>>(bits);
  let small = bitcast<vec4<u32>>(vec4<i32>(clamp(v, vec4<f32>(-2147483648.0), vec4<f32>(2147483520.0))));
  var large = vec4<u32>(0x7fffffffu);
  if (TO == 3u) {
    large = select(vec4<u32>(clamp(v, vec4<f32>(0.0), vec4<f32>(4294967040.0))), vec4<u32>(0xffffffffu), v >= vec4<f32>(4294967296.0));
  }
  return select(select(small, large, v >= vec4<f32>(2147483648.0)), vec4<u32>(0u), isNan4(bits));
}

fn converted(word: vec4<u32>) -> vec4<u32> {
  if (TO < 2u) {
    var bits = word;
    if (FROM == 2u) {
      bits = bitcast<vec4<u32>>(vec4<f32>(word));
    } else if (FROM != 0u) {
      bits = bitcast<vec4<u32>>(vec4<f32>(bitcast<vec4<i32>>(word)));
    }
    if (TO == 1u) {
      bits = halfOf(bits);
    }
    return bits;
  }
  if (TO == 2u) {
    var size = word;
    if (FROM == 0u) {
      size &= vec4<u32>(0x7fffffffu);
    }
    return min(size, vec4<u32>(1u));
  }
  var whole = word;
  if (FROM == 0u) {
    whole = wholes(word);
  }
  if (TO == 3u) {
    return extractBits(whole, 0u, BITS);
  }
  return bitcast<vec4<u32>>(extractBits(bitcast<vec4<i32>>(whole), 0u, BITS));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let p = params; // one load: every use of the uniform would be another
  // Lengths asked for here are not found out again in every round.
  let total = p.total + min(arrayLength(&x) + arrayLength(&y), 0);
  for (var i = linearIndex(gid, workgroups, 64u); i < total; i += p.threads) {
    let row = i / p.chunks;
    let first = 4u * (i - row * p.chunks);
    let start = row * p.size;
    let lane = min(vec4(0u, 1u, 2u, 3u), vec4(p.size - 1u - first));
    let at = vec4(start + first) + lane;
    var word: vec4<u32>;
    if (FROM < 3u) {
      word = vec4(x[at.x], x[at.y], x[at.z], x[at.w]);
    } else {
      word = vec4(x[i]) >> (8u * lane);
      if (FROM == 3u) {
        word = bitcast<vec4<u32>>(extractBits(bitcast<vec4<i32>>(word), 0u, 8u));
      } else {
        word &= vec4(255u);
      }
    }
    let result = converted(word);
    if (PACKED) {
      y[i] = packI8(bitcast<vec4<i32>>(result)) & laneMask(p.size - first);
    } else {
      y[at.x] = result.x;
      y[at.y] = result.y;
      y[at.z] = result.z;
      y[at.w] = result.w;
    }
  }
}
