// y[i] = x[i] + x[i + 1], around the end; i32 [n].

@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i < arrayLength(&y)) {
    y[i] = x[i] + x[(i + 1) % arrayLength(&x)];
  }
}
