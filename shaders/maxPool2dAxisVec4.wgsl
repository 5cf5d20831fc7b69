// maxPool2d of larger windows, one axis, whole vec4s.

// #include "lib/poolVectors.wgsl"
// #include "lib/maxPoolAxis.wgsl"
