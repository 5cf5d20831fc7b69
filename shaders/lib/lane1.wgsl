// One channel a lane: kernels over rows of channels whose number is no multiple of 4.

alias Lane = f32;
