// Depthwise convolution with 3 x 3 taps and stride 1, 4 channels x 4 pixels of a row a thread; formula and shapes in
// lib/convolveStrips.wgsl.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"
// #include "lib/convolveStrips.wgsl"

const STRIDE = 1u;

// The columns that 4 pixels read.
struct Places {
  p0: Place,
  p1: Place,
  p2: Place,
  p3: Place,
  p4: Place,
  p5: Place,
}

struct Line {
  v0: vec4<f32>,
  v1: vec4<f32>,
  v2: vec4<f32>,
  v3: vec4<f32>,
  v4: vec4<f32>,
  v5: vec4<f32>,
}

fn placesOf(column: i32) -> Places {
  return Places(
    placeOf(column),
    placeOf(column + 1),
    placeOf(column + 2),
    placeOf(column + 3),
    placeOf(column + 4),
    placeOf(column + 5),
  );
}

fn lineAt(image: u32, row: i32, lane: u32, places: Places) -> Line {
  let exists = u32(row) < params.inHeight;
  let start = rowStart(image, row, lane);
  return Line(
    valueAt(start, places.p0, exists),
    valueAt(start, places.p1, exists),
    valueAt(start, places.p2, exists),
    valueAt(start, places.p3, exists),
    valueAt(start, places.p4, exists),
    valueAt(start, places.p5, exists),
  );
}

fn tapsOf(s: Strip, v: Line, w: Taps) -> Strip {
  return Strip(
    s.p0 + w.a * v.v0 + w.b * v.v1 + w.c * v.v2,
    s.p1 + w.a * v.v1 + w.b * v.v2 + w.c * v.v3,
    s.p2 + w.a * v.v2 + w.b * v.v3 + w.c * v.v4,
    s.p3 + w.a * v.v3 + w.b * v.v4 + w.c * v.v5,
  );
}
