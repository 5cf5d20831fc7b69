// The second half of qmean and qglobalAvgPool2d: y = the average of what qmeanSum.wgsl has summed, [chunks, words] of 4 lanes.
// A word of y has the 4 sums of a word; where ACROSS, the mean was taken over the lanes too, and each element of y, in rows of
// rowLength, has a word of its own.

// #include "lib/index.wgsl"
// #include "lib/qaverage.wgsl"

override ACROSS = false;

struct Params {
  threads: u32, // words of y
  words: u32,
  chunks: u32,
  rowLength: u32,
  count: u32,
  relu: u32,
  quantMin: i32,
  quantMax: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<vec4<i32>>;

fn sumOf(word: u32) -> vec4<i32> {
  var sum = vec4<i32>();
  for (var chunk = 0u; chunk < params.chunks; chunk++) {
    sum += partial[chunk * params.words + word];
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64);
  // Lengths asked for here are not found out again in every round.
  if (index >= params.threads + min(arrayLength(&partial), 0)) {
    return;
  }
  let rowWords = (params.rowLength + 3) / 4;
  let row = index / rowWords;
  let first = (index - row * rowWords) * 4;
  let lanes = params.rowLength - first;
  var sum: vec4<i32>;
  if (ACROSS) {
    for (var i = 0u; i < min(lanes, 4); i++) {
      sum[i] = dot(sumOf(row * params.rowLength + first + i), vec4<i32>(1));
    }
  } else {
    sum = sumOf(index);
  }
  y[index] = averaged(sum, averageOf(params.count, params.count, 0)) & laneMask(lanes);
}
