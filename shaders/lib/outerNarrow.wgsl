// 2 blocks of 4 output channels for lib/outer.wgsl: the sums of one input channel, and the gradient of one pixel. What is
// loaded past the last block belongs to the next pixel and is not stored.

const BLOCKS = 2u;

struct Block {
  b0: vec4<f32>,
  b1: vec4<f32>,
}

fn loadGradient(at: u32) -> Block {
  return Block(dy[at], dy[at + 1u]);
}

fn multiplyAdd(sum: Block, d: Block, v: f32) -> Block {
  return Block(sum.b0 + d.b0 * v, sum.b1 + d.b1 * v);
}

fn channelsOf(sum: Block) -> array<vec4<f32>, 2> {
  return array<vec4<f32>, 2>(sum.b0, sum.b1);
}
