// Depthwise convolution, as many output as input channels and 4 of them a thread; formula and shapes in
// lib/convolveGroups.wgsl.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"
// #include "lib/convolveGroups.wgsl"

alias Input = vec4<f32>;
alias Lane = vec4<f32>;

// The weights of 4 groups.
fn weightAt(at: i32) -> Lane {
  let step = params.weightGroup / 4;
  return vec4(weight[at], weight[at + step], weight[at + 2 * step], weight[at + 3 * step]);
}

fn activateLane(v: Lane, code: u32) -> Lane {
  return activateVec4(v, code);
}
