// Partial sums of the weight gradient of a convolution with groups of any size, a pair of channels a thread; formula and
// shapes in lib/convolveGroupsWeight.wgsl.

// #include "lib/index.wgsl"
// #include "lib/convolveGroupsWeight.wgsl"

alias Gradient = f32;
alias Lane = f32;

fn store(at: u32, v: Lane) {
  y[at] = v;
}
