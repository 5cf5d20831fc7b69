// Convolution of a padded image with packed weights, 8 pixels x 8 output channels a thread; formula, shapes and packing
// in lib/tile.wgsl. f32 sums, run by run, in one fixed order.

// #include "lib/index.wgsl"
// #include "lib/activation.wgsl"
// #include "lib/tileNarrow.wgsl"
// #include "lib/tileVectors.wgsl"
// #include "lib/tile.wgsl"
