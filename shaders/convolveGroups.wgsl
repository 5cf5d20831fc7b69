// Convolution with groups of any size, an output channel a thread; formula and shapes in lib/convolveGroups.wgsl.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"
// #include "lib/convolveGroups.wgsl"

alias Input = f32;
alias Lane = f32;

fn weightAt(at: i32) -> Lane {
  return weight[at];
}

fn activateLane(v: Lane, code: u32) -> Lane {
  return activate(v, code);
}
