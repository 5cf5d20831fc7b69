// qmaxPool2d over 2 x 2 pixels side by side, without padding and without loops, for whole vec4s of words: x
// [n, 2 height (+ 1), inWidth, 16 * parts], y [n, height, width, 16 * parts] less padding lanes, which stay 0 as they are the
// same in x. flip as in qmaxPool2d.wgsl. A thread makes 4 words.

// #include "lib/index.wgsl"
// #include "lib/pairs.wgsl"

struct Params {
  threads: u32,
  height: u32,
  width: u32,
  inHeight: u32,
  inWidth: u32,
  parts: u32,
  flip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;

// The maximum of the byte where `byte` is set: all above it are masked, all below it do not matter.
fn largest(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>, upTo: u32, byte: u32) -> vec4<u32> {
  let m = vec4<u32>(upTo);
  return max(max(a & m, b & m), max(c & m, d & m)) & vec4<u32>(byte);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let at = pairOf(index);
  let step = params.parts;
  let flip = vec4<u32>(params.flip);
  let a = x[at.top] ^ flip;
  let b = x[at.top + step] ^ flip;
  let c = x[at.bottom] ^ flip;
  let d = x[at.bottom + step] ^ flip;
  let low = largest(a, b, c, d, 0xff, 0xff) | largest(a, b, c, d, 0xffff, 0xff00);
  let high = largest(a, b, c, d, 0xffffff, 0xff0000) | largest(a, b, c, d, 0xffffffff, 0xff000000);
  y[index] = (low | high) ^ flip;
}
