// maxPool2d of any number of channels.

// #include "lib/poolScalars.wgsl"
// #include "lib/maxPool.wgsl"
