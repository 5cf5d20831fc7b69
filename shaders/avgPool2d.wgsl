// avgPool2d and adaptiveAvgPool2d of any number of channels.

// #include "lib/poolScalars.wgsl"
// #include "lib/avgPool.wgsl"
