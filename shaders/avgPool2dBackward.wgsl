// The gradient of avgPool2d and adaptiveAvgPool2d, any number of channels.

// #include "lib/poolScalars.wgsl"
// #include "lib/avgPoolBackward.wgsl"
