// qconv2d in f32 arithmetic, for devices that emulate the packed dot product: the sums are exact, so the bits are those of
// qconv2d.wgsl (see there for formula and layouts). 8 pixels x 8 output channels a thread, in registers alone.
// Exactness: |x * weight| <= 2^14, so up to 1024 products sum to at most 2^24, which f32 holds without rounding in any
// order; `part` is added to the i32 sums before it holds more.
// Bytes are unpacked without shifts, which some devices do lane by lane: masked in place, converted, scaled by a power of
// two. Bits 7, 15 and 23 are flipped first, so that the lower three bytes read as value + 128; the top byte has its sign.

// #include "lib/index.wgsl"
// #include "lib/qconv2d.wgsl"

// Input channels in a word: less than 4 where x has fewer, so that no time goes into products with padding lanes.
override lanes: u32 = 4;

const limit = 256u; // words of 4 channels in `part`

fn unpackRow(word: u32) -> vec4<f32> {
  let bytes = vec4<u32>(word ^ 0x00808080) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000);
  return fma(vec4<f32>(bitcast<vec4<i32>>(bytes)), vec4<f32>(1, 0x1p-8, 0x1p-16, 0x1p-24), vec4<f32>(-128, -128, -128, 0));
}

fn unpackLane(words: vec4<u32>, mask: u32, scale: f32, offset: f32) -> vec4<f32> {
  return fma(vec4<f32>(bitcast<vec4<i32>>(words & vec4<u32>(mask))), vec4<f32>(scale), vec4<f32>(offset));
}

// Weights of 4 output channels: column j holds input channel j.
fn unpackMatrix(words: vec4<u32>) -> mat4x4<f32> {
  let w = words ^ vec4<u32>(0x00808080);
  return mat4x4<f32>(
    unpackLane(w, 0xff, 1, -128),
    unpackLane(w, 0xff00, 0x1p-8, -128),
    unpackLane(w, 0xff0000, 0x1p-16, -128),
    unpackLane(w, 0xff000000, 0x1p-24, 0),
  );
}

fn product(w: mat4x4<f32>, x: vec4<f32>) -> vec4<f32> {
  if (lanes == 1) {
    return w[0] * x.x;
  }
  if (lanes == 2) {
    return w[0] * x.x + w[1] * x.y;
  }
  if (lanes == 3) {
    return w[0] * x.x + w[1] * x.y + w[2] * x.z;
  }
  return w * x;
}

fn flush(part: ptr<function, array<vec4<f32>, 16>>, sum: ptr<function, array<vec4<i32>, 16>>) {
  for (var i = 0u; i < 16; i++) {
    (*sum)[i] += vec4<i32>((*part)[i]);
    (*part)[i] = vec4<f32>();
  }
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 32);
  let columns = (params.pixels + 7) / 8;
  let first = index % columns * 8;
  let group = index / columns * 2; // of 4 output channels
  let row = (params.oc + 3) / 4;
  if (group >= row) {
    return;
  }
  let p0 = pixelAt(first);
  let p1 = nextPixel(p0);
  let p2 = nextPixel(p1);
  let p3 = nextPixel(p2);
  let p4 = nextPixel(p3);
  let p5 = nextPixel(p4);
  let p6 = nextPixel(p5);
  let p7 = nextPixel(p6);
  let zero = zeroWord();
  let taps = params.kh * params.kw;
  var part = array<vec4<f32>, 16>(); // [pixel][group]
  var sum = array<vec4<i32>, 16>();
  var held = 0u; // words in part
  for (var tap = 0u; tap < taps; tap++) {
    let ky = tap / params.kw;
    let kx = tap % params.kw;
    let x0 = tapAt(p0, ky, kx);
    let x1 = tapAt(p1, ky, kx);
    let x2 = tapAt(p2, ky, kx);
    let x3 = tapAt(p3, ky, kx);
    let x4 = tapAt(p4, ky, kx);
    let x5 = tapAt(p5, ky, kx);
    let x6 = tapAt(p6, ky, kx);
    let x7 = tapAt(p7, ky, kx);
    let wa = (group * taps + tap) * params.icWords;
    let wb = (min(group + 1, row - 1) * taps + tap) * params.icWords;
    for (var start = 0u; start < params.icWords; start += limit) {
      let end = min(start + limit, params.icWords);
      if (held + end - start > limit) {
        flush(&part, &sum);
        held = 0;
      }
      held += end - start;
      for (var i = start; i < end; i++) {
        let a = unpackMatrix(weight[wa + i]);
        let b = unpackMatrix(weight[wb + i]);
        let v0 = unpackRow(select(x[x0 + i], zero, x0 == outside));
        part[0] += product(a, v0);
        part[1] += product(b, v0);
        let v1 = unpackRow(select(x[x1 + i], zero, x1 == outside));
        part[2] += product(a, v1);
        part[3] += product(b, v1);
        let v2 = unpackRow(select(x[x2 + i], zero, x2 == outside));
        part[4] += product(a, v2);
        part[5] += product(b, v2);
        let v3 = unpackRow(select(x[x3 + i], zero, x3 == outside));
        part[6] += product(a, v3);
        part[7] += product(b, v3);
        let v4 = unpackRow(select(x[x4 + i], zero, x4 == outside));
        part[8] += product(a, v4);
        part[9] += product(b, v4);
        let v5 = unpackRow(select(x[x5 + i], zero, x5 == outside));
        part[10] += product(a, v5);
        part[11] += product(b, v5);
        let v6 = unpackRow(select(x[x6 + i], zero, x6 == outside));
        part[12] += product(a, v6);
        part[13] += product(b, v6);
        let v7 = unpackRow(select(x[x7 + i], zero, x7 == outside));
        part[14] += product(a, v7);
        part[15] += product(b, v7);
      }
    }
  }
  flush(&part, &sum);
  for (var g = 0u; g < 2 && group + g < row; g++) {
    let e = epilogue((group + g) * 4);
    for (var p = 0u; p < 8 && first + p < params.pixels; p++) {
      y[(first + p) * row + group + g] = finish(sum[p * 2 + g], e);
    }
  }
}
