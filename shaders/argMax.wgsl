// y[outer, inner] = the k with the largest x[outer, k, inner], the first of them or with LAST the last, by the rank of
// lib/maximum.wgsl. x f32 bits [outer, size, inner], y i32. A thread takes 4 neighbours of y; past the end the last is done again.

// #include "lib/index.wgsl"
// #include "lib/maximum.wgsl"

struct Params {
  threads: u32,
  elements: u32,
  size: u32,
  inner: u32,
}

override LAST: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let p = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64u);
  // Lengths asked for here are not found out again in every round.
  if (index >= p.threads + min(arrayLength(&x), 0)) {
    return;
  }
  let element = min(vec4(4u * index) + vec4(0u, 1u, 2u, 3u), vec4(p.elements - 1u));
  let outer = element / p.inner;
  var at = element + outer * (p.size - 1u) * p.inner;
  var best = vec4(LOWEST);
  var result = vec4<i32>();
  for (var k = 0; k < i32(p.size); k++) {
    let rank = rankOf(vec4(x[at.x], x[at.y], x[at.z], x[at.w]));
    result = select(result, vec4(k), select(rank > best, rank >= best, vec4(LAST)));
    best = max(best, rank);
    at += p.inner;
  }
  y[element.x] = result.x;
  y[element.y] = result.y;
  y[element.z] = result.z;
  y[element.w] = result.w;
}
