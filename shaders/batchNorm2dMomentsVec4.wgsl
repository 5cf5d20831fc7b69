// Mean and sum of squares about it of each channel of x, part by part of the rows; formula and shapes in
// lib/batchNormMoments.wgsl. Channels are a multiple of 4.

// #include "lib/index.wgsl"
// #include "lib/lane4.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormMoments.wgsl"
