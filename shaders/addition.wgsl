// qadd and qsub (lib/addition.wgsl), word by word.

// #include "lib/pairScalars.wgsl"
// #include "lib/addition.wgsl"
