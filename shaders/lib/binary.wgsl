// The operation of binary kernels, on four pairs: FUNCTION is an index of `functions` in src/ops/binary.ts. Then the activation.

// #include "lib/activation.wgsl"

override FUNCTION: u32;

fn binary(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  var y = a + b;
  if (FUNCTION == 1u) {
    y = a - b;
  } else if (FUNCTION == 2u) {
    y = a * b;
  } else if (FUNCTION == 3u) {
    y = a / b;
  }
  return activateVec4(y, params.activation);
}
