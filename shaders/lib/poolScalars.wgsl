// The two ends of a pool for any number of channels: f32 bits one by one, up to 4 neighbouring channels. See lib/pool.wgsl.

@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

// 0: see lib/poolVectors.wgsl.
fn asked() -> u32 {
  return min(arrayLength(&x) + arrayLength(&y), 0);
}

fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(x[at], x[at + lanes.y], x[at + lanes.z], x[at + lanes.w]);
}

fn store(at: u32, lanes: vec4<u32>, value: vec4<u32>) {
  // Backwards: what lies past the last channel goes where the last one will.
  y[at + lanes.w] = value.w;
  y[at + lanes.z] = value.z;
  y[at + lanes.y] = value.y;
  y[at] = value.x;
}
