// f32 bits as integers in the opposite order of the numbers, -0 as 0 and NaN, of either sign, lowest: the key of several is their
// minimum, which is cheaper than a maximum. One by one, as what is left between the steps of a vec4 goes through memory.

// #include "lib/maximum.wgsl"

// Constants that a compiler does not see as such: SwiftShader fetches each one that it sees before every use.
struct Known {
  zero: i32,
  least: i32,
  top: i32,
  nan: i32, // no key of a NaN is above it, and all others are
}

fn knownOf(zero: i32) -> Known {
  return Known(zero, zero + LOWEST, zero + 0x7fffff, zero + (LOWEST + 0xfffffe));
}

fn keyOf(i: i32, known: Known) -> i32 {
  return known.top - turned(i, known);
}

fn bitsOf(key: i32, known: Known) -> i32 {
  return turned(known.top - key, known);
}

fn turned(i: i32, known: Known) -> i32 {
  return select(i, known.least - i, i < known.zero);
}

fn bitsOfAll(key: vec4<i32>, known: Known) -> vec4<u32> {
  return bitcast<vec4<u32>>(vec4(bitsOf(key.x, known), bitsOf(key.y, known), bitsOf(key.z, known), bitsOf(key.w, known)));
}
