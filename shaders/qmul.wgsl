// qmul and requantize (lib/qmul.wgsl), word by word.

// #include "lib/pairScalars.wgsl"
// #include "lib/qmul.wgsl"
