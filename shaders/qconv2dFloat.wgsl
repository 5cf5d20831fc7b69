// qconv2d in f32 arithmetic, for devices that emulate the packed dot product: the sums are exact, so the bits are those of
// qconv2d.wgsl (see there for formula and layouts). PIXELS pixels x 4 QUADS output channels a thread, in registers alone;
// with groups QUADS is 1, for the next 4 channels may need other words of x.
// Exactness: |x * weight| <= 2^14, so up to 1024 products sum to at most 2^24, which f32 holds without rounding in any
// order; `part` is added to the i32 sums before it holds more. u8 operands have become i8 by then.
// Loops ask at their ends, for software devices run the body of one that asks first once more than it asks for. What
// lib/qestimate.wgsl leaves unsure is done again in one loop at the end of the thread.

// #include "lib/index.wgsl"
// #include "lib/qconv2d.wgsl"
// #include "lib/qestimate.wgsl"
// #include "lib/qtile.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;

override THREADS: u32; // of a workgroup
// Whether a sum can have more than 1024 products. Where it has not, nothing is added up on the way.
override deep: bool;

const limit = 256u; // words of 4 channels in `part`

fn placeAt(window: Window, ky: u32, kx: u32, size: Params) -> Place {
  let at = tapAt(window, ky, kx, size);
  return Place(at, select(0xffffffffu, 0u, at == outside));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, THREADS);
  let columns = (size.pixels + PIXELS - 1) / PIXELS;
  let tile = index / columns;
  let first = (index - tile * columns) * PIXELS;
  let quad = tile * QUADS; // of 4 output channels
  let row = (size.oc + 3) / 4;
  // Lengths asked here are not found out again, for clamping, in every round of the loops.
  if (quad >= row + min(arrayLength(&x) + arrayLength(&weight) + arrayLength(&y), 0)) {
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
  let p8 = nextPixel(p7, size);
  let p9 = nextPixel(p8, size);
  let p10 = nextPixel(p9, size);
  let p11 = nextPixel(p10, size);
  let w0 = windowAt(p0, size);
  let w1 = windowAt(p1, size);
  let w2 = windowAt(p2, size);
  let w3 = windowAt(p3, size);
  let w4 = windowAt(p4, size);
  let w5 = windowAt(p5, size);
  let w6 = windowAt(p6, size);
  let w7 = windowAt(p7, size);
  let w8 = windowAt(p8, size);
  let w9 = windowAt(p9, size);
  let w10 = windowAt(p10, size);
  let w11 = windowAt(p11, size);
  let out = outsideOf(zeroWord());
  var part = Sums();
  var total = Totals();
  let taps = tapsOf(size);
  let depth = taps * size.words;
  var wa = quad * depth;
  var wb = min(quad + 1, row - 1) * depth;
  var wc = min(quad + 2, row - 1) * depth;
  var wd = min(quad + 3, row - 1) * depth;
  let begin = select(0u, firstWord(quad, size), QUADS == 1);
  let last = begin + size.words;
  var start = begin;
  var tap = 0u;
  var ky = 0u;
  var kx = 0u;
  loop { // as many words as `part` holds: of several taps, or of one
    let end = select(last, min(start + limit, last), deep);
    let whole = end == last;
    let rest = select(taps, min(tap + max(1, limit / size.words), taps), deep);
    loop {
      let x0 = placeAt(w0, ky, kx, size);
      let x1 = placeAt(w1, ky, kx, size);
      let x2 = placeAt(w2, ky, kx, size);
      let x3 = placeAt(w3, ky, kx, size);
      let x4 = placeAt(w4, ky, kx, size);
      let x5 = placeAt(w5, ky, kx, size);
      let x6 = placeAt(w6, ky, kx, size);
      let x7 = placeAt(w7, ky, kx, size);
      let x8 = placeAt(w8, ky, kx, size);
      let x9 = placeAt(w9, ky, kx, size);
      let x10 = placeAt(w10, ky, kx, size);
      let x11 = placeAt(w11, ky, kx, size);
      var i = start;
      loop {
        let w = Quads(weightsAt(wa, true), weightsAt(wb, QUADS > 1), weightsAt(wc, QUADS > 2), weightsAt(wd, QUADS > 2));
        addPixel(&part, 0, w, wordsAt(x0, i, out));
        if (PIXELS > 1) {
          addPixel(&part, 1, w, wordsAt(x1, i, out));
          addPixel(&part, 2, w, wordsAt(x2, i, out));
          addPixel(&part, 3, w, wordsAt(x3, i, out));
        }
        if (PIXELS > 4) {
          addPixel(&part, 4, w, wordsAt(x4, i, out));
          addPixel(&part, 5, w, wordsAt(x5, i, out));
          addPixel(&part, 6, w, wordsAt(x6, i, out));
          addPixel(&part, 7, w, wordsAt(x7, i, out));
        }
        if (PIXELS > 8) {
          addPixel(&part, 8, w, wordsAt(x8, i, out));
          addPixel(&part, 9, w, wordsAt(x9, i, out));
          addPixel(&part, 10, w, wordsAt(x10, i, out));
          addPixel(&part, 11, w, wordsAt(x11, i, out));
        }
        let step = select(1u, 2u, PAIRS);
        i += step;
        wa += step;
        wb += step;
        wc += step;
        wd += step;
        continuing {
          break if i >= end;
        }
      }
      kx += select(0, size.dw, whole);
      let wrapped = kx >= size.right;
      kx = select(kx, 0, wrapped);
      ky += select(0, size.dh, wrapped);
      tap += select(0u, 1u, whole);
      continuing {
        break if tap >= rest || !whole;
      }
    }
    start = select(end, begin, whole);
    if (deep) {
      var p = 0u;
      loop {
        var b = 0u;
        loop {
          total[p][b] += vec4<i32>(part[p][b]);
          part[p][b] = vec4<f32>();
          b++;
          continuing {
            break if b == QUADS;
          }
        }
        p++;
        continuing {
          break if p == PIXELS;
        }
      }
    }
    continuing {
      break if tap >= taps;
    }
  }
  let zeros = size.pixels * (size.oc / size.ocGroup);
  var unsure = vec4<u32>(); // a bit for each pixel of each quad
  var b = 0u;
  loop {
    let e = epilogue((quad + b) * 4, zeroOfX(), zeros);
    let estimate = estimateOfAccumulators(e);
    var p = 0u;
    loop {
      let sum = centered(select(vec4<i32>(part[p][b]), total[p][b], deep), first + p, (quad + b) * 4, e);
      let made = estimated(accumulators(sum, e), estimate);
      if (first + p < size.pixels) {
        y[(first + p) * row + quad + b] = made.word;
        unsure[b] |= select(0u, 1u << p, made.unsure);
      }
      p++;
      continuing {
        break if p == PIXELS;
      }
    }
    b++;
    continuing {
      break if b == QUADS || quad + b >= row;
    }
  }
  if (all(unsure == vec4<u32>())) {
    return;
  }
  loop {
    // The first quad that has a pixel left.
    let b = select(select(select(3u, 2u, unsure.z != 0), 1u, unsure.y != 0), 0u, unsure.x != 0);
    let pixels = unsure[b];
    unsure[b] = pixels & (pixels - 1);
    let p = firstTrailingBit(pixels);
    let e = epilogue((quad + b) * 4, zeroOfX(), zeros);
    let sum = centered(select(vec4<i32>(part[p][b]), total[p][b], deep), first + p, (quad + b) * 4, e);
    y[(first + p) * row + quad + b] = finishExactly(sum, e);
    continuing {
      break if all(unsure == vec4<u32>());
    }
  }
}
