// Partial sums of the weight gradient of a depthwise convolution, 4 channels a thread; formula and shapes in
// lib/convolveGroupsWeight.wgsl.

// #include "lib/index.wgsl"
// #include "lib/convolveGroupsWeight.wgsl"

alias Gradient = vec4<f32>;
alias Lane = vec4<f32>;

fn store(at: u32, v: Lane) {
  let step = params.weightOut / 4u;
  y[at] = v.x;
  y[at + step] = v.y;
  y[at + 2u * step] = v.z;
  y[at + 3u * step] = v.w;
}
