// qmaxPool2d of windows up to 9 x 9, any number of words.

// #include "lib/qstripMax.wgsl"
