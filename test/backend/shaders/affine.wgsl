// y = factor * y + offset, in place, wrapping; i32.

struct Params {
  count: u32,
  factor: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;

override offset: i32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i < params.count) {
    y[i] = params.factor * y[i] + offset;
  }
}
