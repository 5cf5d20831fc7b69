// qrelu: y = max(x, zeroPoint), the integer relu. x, y of any shape with the innermost axis `channels`, i8, or u8 with
// flip = 0x80808080, which maps u8 to i8 in the same order. 4 values a word; one word a thread.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

struct Params {
  words: u32,
  channels: u32,
  flip: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> zeroPoint: i32;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.words) {
    return;
  }
  let row = (params.channels + 3) / 4;
  // The zero point as a stored byte, moved to i8 like the values.
  let zero = i32((u32(zeroPoint) ^ params.flip) << 24) >> 24;
  let q = max(unpackI8(x[index] ^ params.flip), vec4<i32>(zero));
  y[index] = (packI8(q) ^ params.flip) & laneMask(params.channels - index % row * 4);
}
