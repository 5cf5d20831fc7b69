// y = the maximum of x over each window of 8-bit values, padding left out; x [n, inHeight, inWidth, channels], y
// [n, height, width, channels], channels counting words. Each byte is compared where it stands, those above it masked; flip
// is 0x00808080 for i8, 0x80000000 for u8, so that the lower three are unsigned and the top one is signed.

// #include "lib/poolRun.wgsl"
// #include "lib/maxWindow.wgsl"

struct Params {
  threads: u32,
  height: u32, // of the output
  width: u32,
  inHeight: u32,
  inWidth: u32,
  channels: u32,
  parts: u32,
  pixelStep: u32,
  partStep: u32,
  run: u32,
  runs: u32,
  spanY: u32,
  spanX: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  top: u32,
  left: u32,
  flip: u32, // bits of a word
}

@group(0) @binding(0) var<uniform> params: Params;

struct Value {
  byte0: vec4<i32>,
  byte1: vec4<i32>,
  byte2: vec4<i32>,
  byte3: vec4<i32>,
}

alias Kept = u32; // nothing

fn keptOf(part: u32, lanes: vec4<u32>, size: Params) -> Kept {
  return 0;
}

fn nothing() -> Value {
  return Value(vec4(0), vec4(0), vec4(0), vec4(-0x7fffffff - 1));
}

// A tap outside of the image is another tap of the window: it changes nothing.
fn taken(v: Value, words: vec4<u32>, mask: u32) -> Value {
  let w = bitcast<vec4<i32>>(words ^ vec4(params.flip));
  return joined(v, Value(w & vec4(0xff), w & vec4(0xffff), w & vec4(0xffffff), w));
}

fn joined(a: Value, b: Value) -> Value {
  return Value(max(a.byte0, b.byte0), max(a.byte1, b.byte1), max(a.byte2, b.byte2), max(a.byte3, b.byte3));
}

fn finished(v: Value, at: Spot, size: Params) -> Result {
  let low = v.byte0 | (v.byte1 & vec4(0xff00));
  let high = (v.byte2 & vec4(0xff0000)) | (v.byte3 & vec4(-0x1000000));
  return Result(bitcast<vec4<u32>>(low | high) ^ vec4(params.flip), false);
}

fn exact(at: Spot, size: Params) -> vec4<u32> {
  return vec4<u32>(); // everything is certain
}
