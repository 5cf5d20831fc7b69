// Copies 16 bytes an invocation and round: the ceiling of memory bandwidth. A round starts `stride` words further on, so
// that neighbours read neighbours.
//   y[i] = x[i] for i < count (in vec4<u32>)

struct Params {
  count: u32,
  stride: u32, // invocations of the whole grid
}

@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  for (var i = gid.x; i < params.count; i += params.stride) {
    y[i] = x[i];
  }
}
