// f32((q - z) * s) for the 4 values of a word. signBit is 128 for i8 (two's complement as an offset), 0 for u8.
struct Dequantizer {
  scale: vec4<f32>,
  // zeroPoint + signBit
  offset: vec4<i32>,
  signBit: u32,
}

fn dequantizerAt(c: WordChannel, signBit: u32) -> Dequantizer {
  let s = vec4<f32>(scale[c.index.x], scale[c.index.y], scale[c.index.z], scale[c.index.w]);
  let zero = vec4<i32>(zeroPoint[c.index.x], zeroPoint[c.index.y], zeroPoint[c.index.z], zeroPoint[c.index.w]);
  return Dequantizer(s, zero + vec4<i32>(i32(signBit)), signBit);
}

fn dequantized(d: Dequantizer, word: u32) -> vec4<f32> {
  let bytes = (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xffu);
  return vec4<f32>(bitcast<vec4<i32>>(bytes ^ vec4<u32>(d.signBit)) - d.offset) * d.scale;
}
