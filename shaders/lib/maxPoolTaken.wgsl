// dx [outer, size, inner] = the sum over the windows of one axis of dy [outer, outputs, inner] whose place, as lib/maxPoolPlaces.wgsl
// makes them, is the pixel. Inner as there. A thread makes four neighbouring pixels of one part, and reads each window that
// holds one of them once, in order. The including shader defines `load`, `placesAt`, `placesOf` one place, and `store`.

// #include "lib/index.wgsl"
// #include "lib/lanesOf.wgsl"

struct Params {
  threads: u32,
  outputs: u32,
  size: u32,
  channels: u32,
  parts: u32,
  step: u32,
  partStep: u32,
  quads: u32,
  span: u32,
  stride: u32,
  before: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

struct Window {
  dy: vec4<f32>,
  places: vec4<u32>,
}

// Nothing past the end.
fn windowOf(at: u32, end: u32, lanes: vec4<u32>) -> Window {
  let inside = min(at, end);
  return Window(bitcast<vec4<f32>>(load(inside, lanes) & vec4(select(0, 0xffffffffu, at == inside))), placesAt(inside, lanes));
}

fn plus(sum: vec4<f32>, v: Window, w: Window, place: vec4<u32>) -> vec4<f32> {
  return sum + select(vec4<f32>(), v.dy, v.places == place) + select(vec4<f32>(), w.dy, w.places == place);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked() + min(arrayLength(&places), 0)) {
    return;
  }
  let line = index / size.parts;
  let part = index - line * size.parts;
  let outer = line / size.quads;
  let first = 4 * (line - outer * size.quads);
  let lanes = lanesOf(part);
  let channel = part * size.partStep;
  let begin = first + size.before;
  // The windows from the first that holds the first pixel to the last that begins with the last one: at least one is read.
  let low = select(0, (begin - size.span) / size.stride + 1, begin >= size.span);
  let high = min((begin + 3) / size.stride, size.outputs - 1);
  let origin = outer * size.outputs * size.step + channel;
  let end = origin + high * size.step;
  let step = size.step;
  let p0 = placesOf(first & 255);
  let p1 = placesOf((first + 1) & 255);
  let p2 = placesOf((first + 2) & 255);
  let p3 = placesOf((first + 3) & 255);
  var a = vec4<f32>();
  var b = vec4<f32>();
  var c = vec4<f32>();
  var d = vec4<f32>();
  var at = origin + low * step;
  loop {
    let v = windowOf(at, end, lanes);
    let w = windowOf(at + step, end, lanes);
    a = plus(a, v, w, p0);
    b = plus(b, v, w, p1);
    c = plus(c, v, w, p2);
    d = plus(d, v, w, p3);
    at += 2 * step;
    continuing {
      break if (at > end);
    }
  }
  // Those past the last pixel take the first one's place, and are stored before it.
  let others = first + vec3<u32>(1, 2, 3);
  let to = outer * size.size * step + channel;
  let there = to + select(vec3(first), others, others < vec3(size.size)) * step;
  store(there.z, lanes, bitcast<vec4<u32>>(d));
  store(there.y, lanes, bitcast<vec4<u32>>(c));
  store(there.x, lanes, bitcast<vec4<u32>>(b));
  store(to + first * step, lanes, bitcast<vec4<u32>>(a));
}
