// f32 rounded to half floats, ties to even, on bit patterns; NaN stays.

fn halfOf(bits: vec4<u32>) -> vec4<u32> {
  let size = bits & vec4<u32>(0x7fffffffu);
  // 10 bits behind the first: the others are rounded away, the carry may reach the exponent.
  let normal = (size + vec4<u32>(0xfffu) + ((size >> vec4<u32>(13u)) & vec4<u32>(1u))) & vec4<u32>(0xffffe000u);
  // Below 2^-14 multiples of 2^-24: the mantissa's units are 2^(exponent - 150).
  let shift = min(vec4<u32>(126u) - min(size >> vec4<u32>(23u), vec4<u32>(113u)), vec4<u32>(31u));
  let mantissa = (size & vec4<u32>(0x7fffffu)) | vec4<u32>(0x800000u);
  let whole = mantissa >> shift;
  let rest = mantissa & ((vec4<u32>(1u) << shift) - 1u);
  let tie = vec4<u32>(1u) << (shift - 1u);
  let up = (rest > tie) | ((rest == tie) & ((whole & vec4<u32>(1u)) == vec4<u32>(1u)));
  let small = bitcast<vec4<u32>>(vec4<f32>(whole + select(vec4<u32>(0u), vec4<u32>(1u), up)) * 0x1p-24);
  var half = select(normal, small, size < vec4<u32>(0x38800000u));
  // From 65520 on.
  half = select(half, vec4<u32>(0x7f800000u), size >= vec4<u32>(0x477ff000u));
  return select(half | (bits & vec4<u32>(0x80000000u)), bits, size > vec4<u32>(0x7f800000u));
}
