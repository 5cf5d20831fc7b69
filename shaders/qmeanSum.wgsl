// The first half of qmean: sums of words of 8-bit values over up to 3 runs of axes. y's word k = (i0, i1, i2) of sizes kept0
// (not needed) to kept2 begins at the sum of i * keptStep in x; what it sums lies at multiples of step0 to step2, `chunk` of
// the size0 of the first run, which is the longest, and all of the others. partial [chunks, words] of sums for each lane.

// #include "lib/index.wgsl"
// #include "lib/byteSums.wgsl"

struct Params {
  threads: u32,
  words: u32,
  kept1: u32,
  kept2: u32,
  keptStep0: u32,
  keptStep1: u32,
  keptStep2: u32,
  chunk: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  step0: u32,
  step1: u32,
  step2: u32,
  flip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<i32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&x), 0)) {
    return;
  }
  let part = index / params.words;
  let k = index - part * params.words;
  let outer = k / params.kept2;
  let outermost = outer / params.kept1;
  let origin = outermost * params.keptStep0 + (outer - outermost * params.kept1) * params.keptStep1
    + (k - outer * params.kept2) * params.keptStep2;
  let first = part * params.chunk;
  let count = min(params.chunk, params.size0 - first);
  let step = params.step0;
  let flip = params.flip;
  var total = vec4<i32>();
  for (var i2 = 0u; i2 < params.size2; i2++) {
    for (var i1 = 0u; i1 < params.size1; i1++) {
      var at = origin + i2 * params.step2 + i1 * params.step1 + first * step;
      let end = at + count * step;
      var sum = Bytes();
      // 8 words at a time; past the last one they do not count.
      loop {
        let places = at + vec4<u32>(0, 1, 2, 3) * step;
        let more = places + vec4(4 * step);
        let words = vec4<u32>(x[places.x], x[places.y], x[places.z], x[places.w]) ^ vec4(flip);
        let others = vec4<u32>(x[more.x], x[more.y], x[more.z], x[more.w]) ^ vec4(flip);
        sum = plusBytes(sum, words & select(vec4<u32>(), vec4<u32>(0xffffffff), places < vec4(end)));
        sum = plusBytes(sum, others & select(vec4<u32>(), vec4<u32>(0xffffffff), more < vec4(end)));
        at += 8 * step;
        continuing {
          break if at >= end;
        }
      }
      total += unflipped(wholeOf(sum), count);
    }
  }
  partial[index] = total;
}
