// The gradient of adaptiveAvgPool2d, any number of channels: see lib/avgPoolAdaptive.wgsl.

// #include "lib/poolScalars.wgsl"
// #include "lib/avgPoolAdaptive.wgsl"
