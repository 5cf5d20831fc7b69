// Sums of the bytes of up to 256 words, each byte where it stands, two of them in one number, the top one in f32, which has it
// exactly. Needs Params with `flip`: i8 flips bits 7, 15 and 23, u8 flips bit 31, so that the lower three lanes are unsigned
// and the top one is signed.

struct Bytes {
  even: u32,
  second: u32,
  top: f32,
}

fn plusBytes(sum: Bytes, flipped: vec4<u32>) -> Bytes {
  let even = flipped & vec4<u32>(0x00ff00ff);
  let second = flipped & vec4<u32>(0xff00);
  let top = vec4<f32>(bitcast<vec4<i32>>(flipped & vec4<u32>(0xff000000)));
  return Bytes(
    sum.even + even.x + even.y + even.z + even.w,
    sum.second + second.x + second.y + second.z + second.w,
    sum.top + top.x + top.y + top.z + top.w,
  );
}

fn wholeOf(sum: Bytes) -> vec4<i32> {
  return vec4<i32>(vec4<u32>(sum.even & 0xffff, sum.second >> 8, sum.even >> 16, bitcast<u32>(i32(sum.top * 0x1p-24))));
}

// What flipping has added to the sums of `count` words is taken off again.
fn unflipped(sum: vec4<i32>, count: u32) -> vec4<i32> {
  return sum + select(vec4<i32>(-128, -128, -128, 0), vec4<i32>(0, 0, 0, 128), params.flip == 0x80000000u) * i32(count);
}
