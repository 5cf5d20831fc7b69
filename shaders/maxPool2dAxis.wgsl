// maxPool2d of larger windows, one axis, any number of units.

// #include "lib/poolScalars.wgsl"
// #include "lib/maxPoolAxis.wgsl"
