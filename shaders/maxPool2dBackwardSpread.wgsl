// maxPool2dBackwardSpreadVec4.wgsl for any number of channels.

// #include "lib/poolScalars.wgsl"
// #include "lib/maxPoolSpread.wgsl"
