// qmaxPool2d of small windows, whole vec4s of words.

// #include "lib/poolVectors.wgsl"
// #include "lib/qwindowMax.wgsl"
