// qavgPool2d of small windows.

// #include "lib/qstripAverage.wgsl"
