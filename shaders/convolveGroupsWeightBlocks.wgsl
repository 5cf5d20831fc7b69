// Partial sums of the weight gradient of a convolution with groups of a multiple of 4 input channels, 4 of them a thread;
// formula and shapes in lib/convolveGroupsWeight.wgsl.

// #include "lib/index.wgsl"
// #include "lib/convolveGroupsWeight.wgsl"

alias Gradient = f32;
alias Lane = vec4<f32>;

fn store(at: u32, v: Lane) {
  y[at] = v.x;
  y[at + 1u] = v.y;
  y[at + 2u] = v.z;
  y[at + 3u] = v.w;
}
