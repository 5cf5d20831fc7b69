// y = the sum of x over each window, column by column, by its divisor. x f32 bits [n, inHeight, inWidth, channels], y
// [n, height, width, channels].

// #include "lib/poolRun.wgsl"
// #include "lib/average.wgsl"

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
  dilationY: u32, // 1
  dilationX: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
}

@group(0) @binding(0) var<uniform> params: Params;

struct Value {
  sum: vec4<f32>,
}

alias Kept = u32; // nothing

fn keptOf(part: u32, lanes: vec4<u32>, size: Params) -> Kept {
  return 0;
}

fn nothing() -> Value {
  return Value(vec4<f32>());
}

fn taken(v: Value, bits: vec4<u32>, mask: u32) -> Value {
  return Value(v.sum + bitcast<vec4<f32>>(bits & vec4(mask)));
}

fn joined(a: Value, b: Value) -> Value {
  return Value(a.sum + b.sum);
}

fn finished(v: Value, at: Spot, size: Params) -> Result {
  return Result(bitcast<vec4<u32>>(v.sum / f32(divisorOf(at.rows, at.columns, size))), false);
}

fn exact(at: Spot, size: Params) -> vec4<u32> {
  return vec4<u32>(); // everything is certain
}
