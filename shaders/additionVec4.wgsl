// qadd and qsub (lib/addition.wgsl) by vec4s of words.

// #include "lib/pairVectors.wgsl"
// #include "lib/addition.wgsl"
