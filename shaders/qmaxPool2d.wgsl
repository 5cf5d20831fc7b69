// qmaxPool2d: y[n, oy, ox, c] = max over the window of x[n, oy sh - top + ky, ox sw - left + kx, c], padding left out.
// x [n, h, w, c], y [n, oh, ow, c], i8, or u8 with flip = 0x80808080, which maps u8 to i8 in the same order. 4 channels a
// word; one word of y a thread. Each byte is compared at the top of an i32: the byte decides, what lies below it (the
// bytes of lower channels, the same in every comparison of the thread but for ties) can only decide among equals.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

struct Params {
  words: u32, // of y
  h: u32,
  w: u32,
  channels: u32,
  oh: u32,
  ow: u32,
  kh: u32,
  kw: u32,
  sh: u32,
  sw: u32,
  top: u32,
  left: u32,
  flip: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  if (index >= params.words) {
    return;
  }
  let row = (params.channels + 3) / 4;
  let c = index % row;
  let ox = index / row % params.ow;
  let oy = index / row / params.ow % params.oh;
  let n = index / row / params.ow / params.oh;
  // Rows and columns of the window that lie inside the image; oy * sh - top is negative in the padding.
  let top = i32(oy * params.sh) - i32(params.top);
  let left = i32(ox * params.sw) - i32(params.left);
  let bottom = min(top + i32(params.kh), i32(params.h));
  let right = min(left + i32(params.kw), i32(params.w));
  var most = vec4<i32>(-2147483647 - 1);
  for (var iy = max(top, 0); iy < bottom; iy++) {
    for (var ix = max(left, 0); ix < right; ix++) {
      let word = x[((n * params.h + u32(iy)) * params.w + u32(ix)) * row + c] ^ params.flip;
      most = max(most, vec4<i32>(vec4<u32>(word) << vec4<u32>(24, 16, 8, 0)));
    }
  }
  let bytes = vec4<u32>(most) >> vec4<u32>(24);
  let word = (bytes.x | (bytes.y << 8) | (bytes.z << 16) | (bytes.w << 24)) ^ params.flip;
  y[index] = word & laneMask(params.channels - c * 4);
}
