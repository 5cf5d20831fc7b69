// avgPool2d of larger windows, or its gradient, one axis, any number of units.

// #include "lib/poolScalars.wgsl"
// #include "lib/avgPoolAxis.wgsl"
