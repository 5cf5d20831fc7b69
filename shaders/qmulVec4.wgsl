// qmul and requantize (lib/qmul.wgsl) by vec4s of words.

// #include "lib/pairVectors.wgsl"
// #include "lib/qmul.wgsl"
