// avgPool2d of larger windows, or its gradient, one axis, whole vec4s.

// #include "lib/poolVectors.wgsl"
// #include "lib/avgPoolAxis.wgsl"
