// y = the maximum of x over each window; what lies outside of the image does not take part, NaN wins, of 0 and -0 the first.
// x f32 bits [n, inHeight, inWidth, channels], y [n, height, width, channels].

// #include "lib/poolRun.wgsl"
// #include "lib/maximum.wgsl"
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
}

@group(0) @binding(0) var<uniform> params: Params;

// f32 bits as integers: numbers above -0 are in order, those from -0 down in reverse.
struct Value {
  most: vec4<i32>,
  least: vec4<i32>,
  magnitude: vec4<i32>,
}

alias Kept = u32; // nothing

fn keptOf(part: u32, lanes: vec4<u32>, size: Params) -> Kept {
  return 0;
}

fn nothing() -> Value {
  return Value(vec4(LOWEST), vec4(0x7fffffff), vec4(0));
}

// A tap outside of the image is another tap of the window: it changes nothing.
fn taken(v: Value, bits: vec4<u32>, mask: u32) -> Value {
  let i = bitcast<vec4<i32>>(bits);
  return Value(max(v.most, i), min(v.least, i), max(v.magnitude, i & vec4(0x7fffffff)));
}

fn joined(a: Value, b: Value) -> Value {
  return Value(max(a.most, b.most), min(a.least, b.least), max(a.magnitude, b.magnitude));
}

fn finished(v: Value, at: Spot, size: Params) -> Result {
  let value = bitcast<vec4<u32>>(select(v.least, v.most, v.most >= vec4(0)));
  let mixed = (v.most == vec4(0)) & (v.least == vec4(LOWEST));
  return Result(select(value, vec4(0x7fc00000u), v.magnitude > vec4(0x7f800000)), any(mixed));
}

fn exact(at: Spot, size: Params) -> vec4<u32> {
  var best = vec4(LOWEST);
  var value = vec4<u32>();
  for (var row = at.top; row < at.top + at.tall; row += at.down) {
    for (var column = at.columns.start; column != at.columns.stop; column += size.dilationX) {
      let bits = load(row + column * size.pixelStep, at.lanes);
      let rank = select(vec4(LOWEST), rankOf(bits), column < size.inWidth);
      value = select(value, bits, rank > best);
      best = max(best, rank);
    }
  }
  return value;
}
