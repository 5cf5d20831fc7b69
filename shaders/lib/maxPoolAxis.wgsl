// One axis of maxPool2d for larger windows: NaN wins, else of 0 and -0 the first. See lib/poolAxis.wgsl.

// #include "lib/maximum.wgsl"
// #include "lib/poolAxis.wgsl"

struct Params {
  threads: u32,
  outputs: u32,
  size: u32,
  channels: u32,
  parts: u32,
  step: u32,
  partStep: u32,
  quads: u32,
  before: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

const ANY_ORDER = true;

struct Value {
  rank: vec4<i32>,
  bits: vec4<u32>,
}

fn nothing() -> Value {
  return Value(vec4(LOWEST), vec4<u32>());
}

// A tap outside of the image is another tap of the window.
fn tapOf(bits: vec4<u32>, at: u32, isIn: bool, size: Params) -> Value {
  return Value(rankOf(bits), bits);
}

fn joined(a: Value, b: Value) -> Value {
  return Value(max(a.rank, b.rank), select(a.bits, b.bits, b.rank > a.rank));
}

fn finished(v: Value, at: u32, size: Params) -> vec4<u32> {
  return v.bits;
}
