// Which of four neighbouring elements stay: element e is lane e % 4 of the words of counter e / 4. Needs `step` and Params with
// seed and threshold.

// #include "lib/random.wgsl"

fn stay(counter: u32) -> vec4<bool> {
  return randomWords(vec4(counter, u32(step), params.seed, 0u)) >= vec4(params.threshold);
}
