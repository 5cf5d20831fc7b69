// Products of packed weights and words of x in f32, for qconv2dFloat.wgsl: whole numbers, exactly.
// Bytes are converted where they stand in their word, a power of two too large (see lib/lanes.wgsl); those of the weights are
// scaled by the inverse, so that the products come out right. Pairs of words save half of what storing a sum costs.

// #include "lib/qproduct.wgsl"

// Output pixels a thread makes, at most 12, and fours of output channels of each: 1, 2 or 4.
override PIXELS: u32;
override QUADS: u32;
// Two words of depth at a time: where there is an even number of them.
override PAIRS: bool;

// Weights of 4 output channels for one word of x, or two.
struct Weights {
  a: mat4x4<f32>,
  b: mat4x4<f32>,
}

struct Words {
  a: vec4<f32>,
  b: vec4<f32>,
}

fn unpackLane(words: vec4<u32>, mask: u32, scale: f32, offset: f32) -> vec4<f32> {
  return fma(vec4<f32>(bitcast<vec4<i32>>(words & vec4<u32>(mask))), vec4<f32>(scale), vec4<f32>(offset));
}

// Column j holds input channel j, times 2^(-8j).
fn unpackMatrix(words: vec4<u32>) -> mat4x4<f32> {
  let w = words ^ vec4<u32>(0x00808080);
  return mat4x4<f32>(
    unpackLane(w, 0xff, 1, -128),
    unpackLane(w, 0xff00, 0x1p-16, -0x1p-1),
    unpackLane(w, 0xff0000, 0x1p-32, -0x1p-9),
    vec4<f32>(bitcast<vec4<i32>>(w & vec4<u32>(0xff000000))) * 0x1p-48,
  );
}

fn weightsAt(at: u32, used: bool) -> Weights {
  if (!used) {
    return Weights();
  }
  if (PAIRS) {
    return Weights(unpackMatrix(weight[at]), unpackMatrix(weight[at + 1]));
  }
  return Weights(unpackMatrix(weight[at]), mat4x4<f32>());
}

// Where a word of x is: its mask has no bits outside of the image, where x counts as `zero`.
struct Place {
  at: u32,
  mask: u32,
}

struct Outside {
  zero: u32,
  flipped: u32, // as unpacking wants it
}

fn outsideOf(zero: u32) -> Outside {
  return Outside(zero, zero ^ FLIP ^ 0x00808080u);
}

// Lane j is times 2^(8j).
fn wordAt(at: u32, mask: u32, o: Outside) -> vec4<f32> {
  let word = ((x[at] ^ o.zero) & mask) ^ o.flipped;
  let bytes = vec4<u32>(word) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000);
  return vec4<f32>(bitcast<vec4<i32>>(bytes)) + vec4<f32>(-128, -0x1p15, -0x1p23, 0);
}

fn wordsAt(place: Place, i: u32, o: Outside) -> Words {
  let at = place.at + i;
  if (PAIRS) {
    return Words(wordAt(at, place.mask, o), wordAt(at + 1, place.mask, o));
  }
  return Words(wordAt(at, place.mask, o), vec4<f32>());
}

fn products(w: Weights, v: Words) -> vec4<f32> {
  if (PAIRS) {
    return w.a * v.a + w.b * v.b;
  }
  return w.a * v.a;
}

struct Quads {
  b0: Weights,
  b1: Weights,
  b2: Weights,
  b3: Weights,
}

alias PixelSums = array<vec4<f32>, 4>;
alias Sums = array<PixelSums, 12>; // [pixel][four]
alias PixelTotals = array<vec4<i32>, 4>;
alias Totals = array<PixelTotals, 12>;

fn addPixel(sums: ptr<function, Sums>, pixel: u32, w: Quads, v: Words) {
  (*sums)[pixel][0] += products(w.b0, v);
  if (QUADS > 1) {
    (*sums)[pixel][1] += products(w.b1, v);
  }
  if (QUADS > 2) {
    (*sums)[pixel][2] += products(w.b2, v);
    (*sums)[pixel][3] += products(w.b3, v);
  }
}
