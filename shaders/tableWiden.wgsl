// A table of 256 bytes for tableVec4.wgsl: an entry a word, in each of its lanes.

struct Params {
  threads: u32, // 256
}

@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read_write> wide: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  if (gid.x < params.threads) {
    wide[gid.x] = ((table[gid.x / 4] >> (8 * (gid.x & 3))) & 0xff) * 0x01010101;
  }
}
