// Sums of dy and of dy times the normalized x of each channel, part by part of the rows; formula and shapes in
// lib/batchNormSums.wgsl. Any number of channels.

// #include "lib/index.wgsl"
// #include "lib/lane1.wgsl"
// #include "lib/rowLanes.wgsl"
// #include "lib/batchNormSums.wgsl"
