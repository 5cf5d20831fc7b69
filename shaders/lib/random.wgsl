// Random words without a state: pcg4d of M. Jarzynski and M. Olano, "Hash Functions for GPU Rendering", Journal of Computer
// Graphics Techniques 9(3), 2020. src/numerics/counterRandom.ts is the same.

fn mixWords(words: vec4<u32>) -> vec4<u32> {
  var v = words;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

fn randomWords(words: vec4<u32>) -> vec4<u32> {
  let v = mixWords(words * 1664525u + 1013904223u);
  return mixWords(v ^ (v >> vec4(16u)));
}
