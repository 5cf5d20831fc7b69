// The gradient of a max pool from where its windows have their maxima: see lib/maxPoolSpread.wgsl. x is dy, y dx, whole vec4s.

// #include "lib/poolVectors.wgsl"
// #include "lib/maxPoolSpread.wgsl"
