// 5 blocks of 4 output channels for lib/outer.wgsl: the sums of one input channel, and the gradient of one pixel. What is
// loaded past the last block belongs to the next pixel and is not stored.

const BLOCKS = 5u;

struct Block {
  b0: vec4<f32>,
  b1: vec4<f32>,
  b2: vec4<f32>,
  b3: vec4<f32>,
  b4: vec4<f32>,
}

fn loadGradient(at: u32) -> Block {
  return Block(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u], dy[at + 4u]);
}

fn multiplyAdd(sum: Block, d: Block, v: f32) -> Block {
  return Block(sum.b0 + d.b0 * v, sum.b1 + d.b1 * v, sum.b2 + d.b2 * v, sum.b3 + d.b3 * v, sum.b4 + d.b4 * v);
}

fn channelsOf(sum: Block) -> array<vec4<f32>, 5> {
  return array<vec4<f32>, 5>(sum.b0, sum.b1, sum.b2, sum.b3, sum.b4);
}
