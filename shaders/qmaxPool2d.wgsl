// qmaxPool2d of any number of words.

// #include "lib/poolScalars.wgsl"
// #include "lib/qmaxPool.wgsl"
