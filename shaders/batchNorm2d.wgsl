// Normalizes x f32 [rows, channels] by one multiply-add an element; formula and shapes in
// lib/batchNormApply.wgsl. Any number of channels.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"
// #include "lib/lane1.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormApply.wgsl"

fn activateLane(v: Lane, code: u32) -> Lane {
  return activate(v, code);
}
