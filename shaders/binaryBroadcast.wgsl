// y = act(a op b), f32, a or b broadcast as lib/pairWords.wgsl walks them. op is FUNCTION of lib/binary.wgsl.

// #include "lib/index.wgsl"
// #include "lib/binary.wgsl"
// #include "lib/pairScalars.wgsl"

override SWAPPED: bool = false; // a here is the op's b, b its a

struct Params {
  threads: u32,
  activation: u32, // see lib/activation.wgsl
  // Of lib/pairWords.wgsl.
  columns: u32,
  aColumn: u32,
  bColumn: u32,
  aRow: u32,
  bRow: u32,
  rows: u32,
  length: u32,
  positions: u32,
  pitch: u32,
  start: u32,
  innermost: u32,
  y: u32,
  a: u32,
  b: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  y0: u32,
  y1: u32,
  y2: u32,
  y3: u32,
  y4: u32,
  yLast: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  aLast: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
  bLast: u32,
}

@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let size = params; // one load: every use of the uniform would be another
  let index = linearIndex(gid, workgroups, 64);
  if (index >= size.threads + asked()) {
    return;
  }
  let run = runOf(index, size);
  var b = vec4<u32>();
  if (FIXED_B) {
    b = wordsOfB(0, run, size);
  }
  var i = 0u;
  loop {
    let a = wordsOfA(i, run, size);
    if (!FIXED_B) {
      b = wordsOfB(i, run, size);
    }
    let left = bitcast<vec4<f32>>(a);
    let right = bitcast<vec4<f32>>(b);
    var result = binary(left, right);
    if (SWAPPED) {
      result = binary(right, left);
    }
    store(i, bitcast<vec4<u32>>(result), run, size);
    i += ROUND;
    continuing {
      break if i > run.last; // software devices run the body of a loop that asks first once more
    }
  }
}
