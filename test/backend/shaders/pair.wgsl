// more = x + scalar, twice = 2 * x, wrapping; i32 of one shape, scalar i32 [1].

@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<uniform> scalar: i32;
@group(0) @binding(2) var<storage, read_write> more: array<i32>;
@group(0) @binding(3) var<storage, read_write> twice: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i < arrayLength(&more)) {
    more[i] = x[i] + scalar;
    twice[i] = 2 * x[i];
  }
}
