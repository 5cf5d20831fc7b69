// qconv2d through workgroup memory, for GPUs that have the packed dot product (see qconv2d.wgsl for formula, layouts and
// overflow): 64 pixels x 64 output channels a workgroup, 16 words (64 products) of depth a step. Depth counts the words of
// a window, tap by tap: kh * kw * icWords of them. One group. Each of 256 threads sums 4 pixels x 4 channels.

// #include "lib/dot4.wgsl"
// #include "lib/qconv2d.wgsl"

@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;

// 64 pixels x 4 times 4 words of depth.
var<workgroup> xTile: array<vec4<u32>, 256>;
// 16 words of depth x 16 times 4 channels; rows of 17, so that a column does not lie in one memory bank.
var<workgroup> weightTile: array<vec4<u32>, 272>;

// Where a thread reads x: a word of a tap. Moves on by words.
struct Cursor {
  ky: u32,
  kx: u32,
  i: u32,
}

fn advance(start: Cursor, words: u32, size: Params) -> Cursor {
  var c = start;
  c.i += words;
  while (c.i >= size.icWords) {
    c.i -= size.icWords;
    let wrapped = c.kx + size.dw == size.right;
    c.kx = select(c.kx + size.dw, 0u, wrapped);
    c.ky += select(0u, size.dh, wrapped);
  }
  return c;
}

fn products(word: u32, w: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(dot4(word, w.x), dot4(word, w.y), dot4(word, w.z), dot4(word, w.w));
}

fn products4(words: vec4<u32>, w0: vec4<u32>, w1: vec4<u32>, w2: vec4<u32>, w3: vec4<u32>) -> vec4<i32> {
  return products(words.x, w0) + products(words.y, w1) + products(words.z, w2) + products(words.w, w3);
}

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) wid: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
) {
  let size = params;
  let columns = (size.pixels + 63) / 64;
  let tile = wid.y * workgroups.x + wid.x;
  let row = (size.oc + 3) / 4;
  let firstPixel = tile % columns * 64;
  let firstGroup = tile / columns * 16; // past the last where the grid was folded: all threads run, nothing is stored
  let depth = tapsOf(size) * size.icWords;

  // What this thread loads: 4 words of one pixel, and 4 channels at one word of depth.
  let window = windowAt(pixelAt(firstPixel + local / 4, size), size);
  var cursor = advance(Cursor(), local % 4 * 4, size);
  let loadGroup = firstGroup + local / 16;
  let loadDepth = local % 16;
  let zero = zeroWord();

  // What it computes.
  let group = local % 16;
  let pixel = local / 16 * 4;
  var sum0 = vec4<i32>();
  var sum1 = vec4<i32>();
  var sum2 = vec4<i32>();
  var sum3 = vec4<i32>();

  for (var start = 0u; start < depth; start += 16) {
    var words = vec4<u32>();
    var c = cursor;
    for (var k = 0u; k < 4; k++) {
      let at = tapAt(window, c.ky, c.kx, size);
      words[k] = select(x[at + c.i], zero, at == outside) ^ FLIP; // past the last tap: anything, the weights are 0
      c = advance(c, 1, size);
    }
    cursor = advance(cursor, 16, size);
    xTile[local] = words;
    var weights = vec4<u32>();
    if (loadGroup < row && start + loadDepth < depth) {
      weights = weight[loadGroup * depth + start + loadDepth];
    }
    weightTile[loadDepth * 17 + local / 16] = weights;
    workgroupBarrier();
    for (var k = 0u; k < 4; k++) {
      let w0 = weightTile[k * 68 + group];
      let w1 = weightTile[k * 68 + 17 + group];
      let w2 = weightTile[k * 68 + 34 + group];
      let w3 = weightTile[k * 68 + 51 + group];
      sum0 += products4(xTile[pixel * 4 + k], w0, w1, w2, w3);
      sum1 += products4(xTile[pixel * 4 + 4 + k], w0, w1, w2, w3);
      sum2 += products4(xTile[pixel * 4 + 8 + k], w0, w1, w2, w3);
      sum3 += products4(xTile[pixel * 4 + 12 + k], w0, w1, w2, w3);
    }
    workgroupBarrier();
  }

  let outGroup = firstGroup + group;
  if (outGroup >= row) {
    return;
  }
  let e = epilogue(outGroup * 4, zeroOfX(), size.pixels);
  let sums = array<vec4<i32>, 4>(sum0, sum1, sum2, sum3);
  for (var p = 0u; p < 4 && firstPixel + pixel + p < size.pixels; p++) {
    let at = firstPixel + pixel + p;
    y[at * row + outGroup] = finishPixel(sums[p], at, outGroup * 4, e);
  }
}
