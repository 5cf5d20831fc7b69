// qconv2d in f32 arithmetic, for devices that emulate the packed dot product: the sums are exact, so the bits are those of
// qconv2d.wgsl (see there for formula and layouts). 8 pixels x 8 output channels a thread, in registers alone.
// Exactness: |x * weight| <= 2^14, so up to 1024 products sum to at most 2^24, which f32 holds without rounding in any
// order; `part` is added to the i32 sums before it holds more. u8 operands have become i8 by then.

// #include "lib/index.wgsl"
// #include "lib/qconv2d.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;

// Whether a sum can have more than 1024 products. Where it has not, nothing is added up on the way.
override deep: bool;
// With groups a thread has 4 output channels: the next 4 may need other words of x.
override grouped: bool = false;

const limit = 256u; // words of 4 channels in `part`

fn unpackLane(words: vec4<u32>, mask: u32, scale: f32, offset: f32) -> vec4<f32> {
  return fma(vec4<f32>(bitcast<vec4<i32>>(words & vec4<u32>(mask))), vec4<f32>(scale), vec4<f32>(offset));
}

// Weights of 4 output channels: column j holds input channel j. Unpacked like unpackF32 of lib/lanes.wgsl.
fn unpackMatrix(words: vec4<u32>) -> mat4x4<f32> {
  let w = words ^ vec4<u32>(0x00808080);
  return mat4x4<f32>(
    unpackLane(w, 0xff, 1, -128),
    unpackLane(w, 0xff00, 0x1p-8, -128),
    unpackLane(w, 0xff0000, 0x1p-16, -128),
    unpackLane(w, 0xff000000, 0x1p-24, 0),
  );
}

fn flush(part: ptr<function, array<vec4<f32>, 16>>, sum: ptr<function, array<vec4<i32>, 16>>) {
  for (var i = 0u; i < 16; i++) {
    (*sum)[i] += vec4<i32>((*part)[i]);
    (*part)[i] = vec4<f32>();
  }
}

// A word of x; its bytes are flipped once, for u8 and for unpacking.
fn unpackX(word: u32) -> vec4<f32> {
  return unpackFlipped(word, FLIP ^ 0x00808080u, vec4<f32>(-128, -128, -128, 0));
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 32);
  let columns = (size.pixels + 7) / 8;
  let pair = index / columns;
  let first = (index - pair * columns) * 8;
  let group = select(pair * 2, pair, grouped); // of 4 output channels
  let row = (size.oc + 3) / 4;
  if (group >= row) {
    return;
  }
  let p0 = pixelAt(first, size);
  let p1 = nextPixel(p0, size);
  let p2 = nextPixel(p1, size);
  let p3 = nextPixel(p2, size);
  let p4 = nextPixel(p3, size);
  let p5 = nextPixel(p4, size);
  let p6 = nextPixel(p5, size);
  let p7 = nextPixel(p6, size);
  let w0 = windowAt(p0, size);
  let w1 = windowAt(p1, size);
  let w2 = windowAt(p2, size);
  let w3 = windowAt(p3, size);
  let w4 = windowAt(p4, size);
  let w5 = windowAt(p5, size);
  let w6 = windowAt(p6, size);
  let w7 = windowAt(p7, size);
  let zero = zeroWord();
  var part = array<vec4<f32>, 16>(); // [pixel][group]
  var sum = array<vec4<i32>, 16>();
  var held = 0u; // words in part
  let depth = tapsOf(size) * size.words;
  let firstX = select(0u, firstWord(group, size), grouped);
  let endX = firstX + size.words;
  var wa = group * depth;
  var wb = min(group + 1, row - 1) * depth;
  for (var ky = 0u; ky < size.bottom; ky += size.dh) {
    for (var kx = 0u; kx < size.right; kx += size.dw) {
      let x0 = tapAt(w0, ky, kx, size);
      let x1 = tapAt(w1, ky, kx, size);
      let x2 = tapAt(w2, ky, kx, size);
      let x3 = tapAt(w3, ky, kx, size);
      let x4 = tapAt(w4, ky, kx, size);
      let x5 = tapAt(w5, ky, kx, size);
      let x6 = tapAt(w6, ky, kx, size);
      let x7 = tapAt(w7, ky, kx, size);
      for (var start = firstX; start < endX; start += limit) {
        var end = endX;
        if (deep) {
          end = min(start + limit, end);
          // Not an if: software devices run both its sides, but skip a loop that no lane enters.
          for (var full = held + end - start > limit; full; full = false) {
            flush(&part, &sum);
            held = 0;
          }
          held += end - start;
        }
        for (var i = start; i < end; i++) {
          let a = unpackMatrix(weight[wa]);
          wa++;
          var b: mat4x4<f32>;
          if (!grouped) {
            b = unpackMatrix(weight[wb]);
            wb++;
          }
          let v0 = unpackX(select(x[x0 + i], zero, x0 == outside));
          part[0] += a * v0;
          if (!grouped) {
            part[1] += b * v0;
          }
          let v1 = unpackX(select(x[x1 + i], zero, x1 == outside));
          part[2] += a * v1;
          if (!grouped) {
            part[3] += b * v1;
          }
          let v2 = unpackX(select(x[x2 + i], zero, x2 == outside));
          part[4] += a * v2;
          if (!grouped) {
            part[5] += b * v2;
          }
          let v3 = unpackX(select(x[x3 + i], zero, x3 == outside));
          part[6] += a * v3;
          if (!grouped) {
            part[7] += b * v3;
          }
          let v4 = unpackX(select(x[x4 + i], zero, x4 == outside));
          part[8] += a * v4;
          if (!grouped) {
            part[9] += b * v4;
          }
          let v5 = unpackX(select(x[x5 + i], zero, x5 == outside));
          part[10] += a * v5;
          if (!grouped) {
            part[11] += b * v5;
          }
          let v6 = unpackX(select(x[x6 + i], zero, x6 == outside));
          part[12] += a * v6;
          if (!grouped) {
            part[13] += b * v6;
          }
          let v7 = unpackX(select(x[x7 + i], zero, x7 == outside));
          part[14] += a * v7;
          if (!grouped) {
            part[15] += b * v7;
          }
        }
      }
    }
  }
  if (deep) {
    flush(&part, &sum);
  }
  for (var g = 0u; g < select(2u, 1u, grouped) && group + g < row; g++) {
    let e = epilogue((group + g) * 4, zeroOfX(), size.pixels * (size.oc / size.ocGroup));
    for (var p = 0u; p < 8 && first + p < size.pixels; p++) {
      y[(first + p) * row + group + g] = finishPixel(
        select(vec4<i32>(part[p * 2 + g]), sum[p * 2 + g], deep),
        first + p,
        (group + g) * 4,
        e,
      );
    }
  }
}
