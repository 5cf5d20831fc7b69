// Sums of dy and of dy times the normalized x of each channel, part by part of the rows; formula and shapes in
// lib/batchNormSums.wgsl. Channels are a multiple of 4.

// #include "lib/index.wgsl"
// #include "lib/lane4.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormSums.wgsl"
