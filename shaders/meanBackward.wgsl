// dx = dy / count, dy repeated along the axes that the mean was taken over. dx's axes are merged where dy steps alike, which
// leaves at most 6, sizes size0 (the outermost, not needed) to size5; dy steps by step0 to step5 elements, 0 along the mean's axes. Leading axes that
// are not there have size 1. One thread takes 4 elements, `threads` apart.

// #include "lib/index.wgsl"

struct Params {
  elements: u32,
  threads: u32,
  count: u32,
  step0: u32,
  size1: u32,
  step1: u32,
  size2: u32,
  step2: u32,
  size3: u32,
  step3: u32,
  size4: u32,
  step4: u32,
  size5: u32,
  step5: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

// What is left for the axes further out, and the offset in dy.
fn walk(w: vec2<u32>, size: u32, step: u32) -> vec2<u32> {
  let rest = w.x / size;
  return vec2(rest, w.y + (w.x - rest * size) * step);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let thread = linearIndex(gid, workgroups, 64u);
  if (thread >= params.threads) {
    return;
  }
  for (var i = thread; i < params.elements; i += params.threads) {
    var w = walk(vec2(i, 0u), params.size5, params.step5);
    w = walk(w, params.size4, params.step4);
    w = walk(w, params.size3, params.step3);
    w = walk(w, params.size2, params.step2);
    w = walk(w, params.size1, params.step1);
    dx[i] = dy[w.y + w.x * params.step0] / f32(params.count);
  }
}
