// The gradient of maxPool2dWinners, any number of channels.

// #include "lib/poolScalars.wgsl"
// #include "lib/maxPoolReturn.wgsl"
