// qavgPool2d of windows up to 9 x 9.

// #include "lib/qstripAverage.wgsl"
