// 32 independent f32 multiply-adds a round and invocation, no memory: the ceiling of f32 arithmetic, 64 operations a round.
// factor and term come from outside, so that nothing can be computed beforehand; with |factor| < 1 the values stay finite.

struct Params {
  rounds: u32,
  factor: f32,
  term: f32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let m = vec4<f32>(params.factor);
  let t = vec4<f32>(params.term);
  let start = vec4<f32>(f32(gid.x), 1, 2, 3);
  var a = start;
  var b = start + 4;
  var c = start + 8;
  var d = start + 12;
  var e = start + 16;
  var f = start + 20;
  var g = start + 24;
  var h = start + 28;
  for (var i = 0u; i < params.rounds; i++) {
    a = fma(a, m, t);
    b = fma(b, m, t);
    c = fma(c, m, t);
    d = fma(d, m, t);
    e = fma(e, m, t);
    f = fma(f, m, t);
    g = fma(g, m, t);
    h = fma(h, m, t);
  }
  let sum = a + b + c + d + e + f + g + h;
  y[gid.x] = sum.x + sum.y + sum.z + sum.w;
}
