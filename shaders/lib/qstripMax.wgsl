// y = the maximum of x over each window of bytes, padding left out, for lib/qstrips.wgsl. Each byte is compared where it
// stands, those above it masked; flip is 0x00808080 for i8, 0x80000000 for u8, so that the lower three are unsigned and the
// top one is signed.

// #include "lib/qstrips.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32, // strips of a row
  run: u32,
  runs: u32, // of rows
  inside: u32, // so many of them runs of several
  before: u32,
  past: u32,
  strideY: u32,
  strideX: u32,
  top: u32,
  left: u32,
  bytes: u32, // channels of a pixel
  flip: u32, // bits of a word
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

struct Sum {
  byte0: i32,
  byte1: i32,
  byte2: i32,
  byte3: i32,
}

fn split(word: u32) -> Sum {
  let w = bitcast<i32>(word);
  return Sum(w & 0xff, w & 0xffff, w & 0xffffff, w);
}

fn joined(a: Sum, b: Sum) -> Sum {
  return Sum(max(a.byte0, b.byte0), max(a.byte1, b.byte1), max(a.byte2, b.byte2), max(a.byte3, b.byte3));
}

alias Stored = u32;

fn stored(s: Sum) -> Stored {
  let low = s.byte0 | (s.byte1 & 0xff00);
  let high = (s.byte2 & 0xff0000) | (s.byte3 & -0x1000000);
  return bitcast<u32>(low | high);
}

fn restored(s: Stored) -> Sum {
  return split(s);
}

alias Kept = u32; // flip

fn keptOf(row: u32, column: u32, size: Params) -> Kept {
  return size.flip;
}

fn nextOf(a: Kept, row: u32, column: u32, size: Params) -> Kept {
  return a;
}

alias Flip = u32;

fn flipOf(size: Params) -> Flip {
  return size.flip;
}

// Outside of the image it is the nearest tap inside, which the window has, too: it changes nothing.
fn tap(at: u32, mask: u32, flip: Flip) -> u32 {
  return x[at] ^ flip;
}

fn finished(s: Sum, kept: Kept) -> u32 {
  return stored(s) ^ kept;
}
