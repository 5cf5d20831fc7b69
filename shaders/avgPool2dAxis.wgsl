// avgPool2d of larger windows, one axis, any number of units.

// #include "lib/poolScalars.wgsl"
// #include "lib/avgPoolAxis.wgsl"
