// Four channels a lane: kernels over rows of channels whose number is a multiple of 4.

alias Lane = vec4<f32>;
