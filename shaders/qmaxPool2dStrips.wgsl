// qmaxPool2d of small windows, any number of words.

// #include "lib/qstripMax.wgsl"
