// table.wgsl for whole vec4s of words, by a table with each entry in all lanes of a word (tableWiden.wgsl): a look-up is one
// load and a mask. A thread takes every threads-th vec4.

// #include "lib/index.wgsl"
// #include "lib/lanes.wgsl"

// Rows end inside a word.
override PADDED = false;

struct Params {
  vectors: u32,
  threads: u32,
  channels: u32,
  xFlip: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> wide: array<u32, 256>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(3) var<uniform> params: Params;

fn look(w: u32) -> u32 {
  return (wide[w & 0xff] & 0xff)
    | (wide[(w >> 8) & 0xff] & 0xff00)
    | (wide[(w >> 16) & 0xff] & 0xff0000)
    | (wide[w >> 24] & 0xff000000);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let row = (size.channels + 3) / 4;
  var i = linearIndex(gid, workgroups, 64);
  // Lengths asked for here are not found out again in every round.
  if (i >= size.vectors + min(arrayLength(&x) + arrayLength(&y), 0)) {
    return;
  }
  loop {
    let words = x[i] ^ vec4(size.xFlip);
    var found = vec4(look(words.x), look(words.y), look(words.z), look(words.w));
    if (PADDED) {
      let rest = size.channels - (vec4(i * 4) + vec4<u32>(0, 1, 2, 3)) % row * 4;
      found &= vec4(laneMask(rest.x), laneMask(rest.y), laneMask(rest.z), laneMask(rest.w));
    }
    y[i] = found;
    i += size.threads;
    continuing {
      break if i >= size.vectors; // software devices run the body of a loop that asks first once more
    }
  }
}
