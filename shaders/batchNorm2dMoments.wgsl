// Mean and sum of squares about it of each channel of x, part by part of the rows; formula and shapes in
// lib/batchNormMoments.wgsl. Any number of channels.

// #include "lib/index.wgsl"
// #include "lib/lane1.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormMoments.wgsl"
