// The two ends of a pool for channels that are a multiple of 4: f32 bits as vec4s. See lib/pool.wgsl.

@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;

// 0. Software devices find out an array's length, with integer divisions, in every round of a loop that touches it, but not
// where it was asked for before: here it is, in the block that comes before all loops.
fn asked() -> u32 {
  return min(arrayLength(&x) + arrayLength(&y), 0);
}

fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return x[at];
}

fn store(at: u32, lanes: vec4<u32>, value: vec4<u32>) {
  y[at] = value;
}
