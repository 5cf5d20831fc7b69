// Sums of the bytes of words, each byte where it stands: masked and converted, it is a multiple of 2^(8 * lane), so f32 adds
// 65,536 of them exactly. Needs Params with `flip`: i8 flips bits 7, 15 and 23, u8 flips bit 31, so that the lower three
// lanes are unsigned and the top one is signed.

fn bytesOf(word: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(word ^ params.flip) & vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000)));
}

fn wholeOf(sum: vec4<f32>) -> vec4<i32> {
  return vec4<i32>(sum * vec4<f32>(1, 0x1p-8, 0x1p-16, 0x1p-24));
}

// What flipping has added to the sums of `count` words is taken off again.
fn unflipped(sum: vec4<i32>, count: u32) -> vec4<i32> {
  return sum + select(vec4<i32>(-128, -128, -128, 0), vec4<i32>(0, 0, 0, 128), params.flip == 0x80000000u) * i32(count);
}
