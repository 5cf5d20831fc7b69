// Partial sums of the gradient of a convolution in its weight, 16 values of the window x 20 output channels a thread;
// formula and shapes in lib/outer.wgsl. f32 sums, pixel by pixel, in one fixed order.

// #include "lib/index.wgsl"
// #include "lib/outerWide.wgsl"
// #include "lib/outer.wgsl"
