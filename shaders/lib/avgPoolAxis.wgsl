// One axis of avgPool2d for larger windows, sums by what the windows count for along it, or of its gradient. See lib/poolAxis.wgsl.

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
  after: u32,
  span: u32,
  countPadding: u32, // whether the divisor counts padding
  divisor: u32, // of every window, 0 = its count
}

@group(0) @binding(0) var<uniform> params: Params;

const ANY_ORDER = false;

alias Value = vec4<f32>;

fn nothing() -> Value {
  return Value();
}

// What a window counts for.
fn divisorOf(o: u32, size: Params) -> f32 {
  let start = o * max(STRIDE, BACK);
  let image = size.before + select(size.size, size.outputs, BACK > 0);
  let end = min(start + size.span, image + size.after * size.countPadding);
  let count = end - select(max(start, size.before), start, size.countPadding != 0);
  return f32(select(size.divisor, count, size.divisor == 0));
}

fn tapOf(bits: vec4<u32>, at: u32, isIn: bool, size: Params) -> Value {
  let v = bitcast<vec4<f32>>(bits & vec4(select(0u, 0xffffffffu, isIn)));
  if (BACK > 0) {
    return v / divisorOf(at, size);
  }
  return v;
}

fn joined(a: Value, b: Value) -> Value {
  return a + b;
}

fn finished(v: Value, at: u32, size: Params) -> vec4<u32> {
  if (BACK > 0) {
    return bitcast<vec4<u32>>(v);
  }
  return bitcast<vec4<u32>>(v / divisorOf(at, size));
}
