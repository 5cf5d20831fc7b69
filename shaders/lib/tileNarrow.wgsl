// 2 blocks of 4 output channels for lib/tile.wgsl: the sums of one pixel, and the weights of one vec4 of x.

const BLOCKS = 2u;

struct Block {
  b0: vec4<f32>,
  b1: vec4<f32>,
}

struct Weights {
  m0: mat4x4<f32>,
  m1: mat4x4<f32>,
}

alias Channels = array<vec4<f32>, 2>;

// The sums that a pixel starts with: the bias.
fn startOf(firstBlock: u32) -> Block {
  return Block(biasOf(firstBlock), biasOf(firstBlock + 1u));
}

fn loadWeights(at: u32) -> Weights {
  return Weights(weight[at], weight[at + 1u]);
}

fn multiplyAdd(sum: Block, w: Weights, v: vec4<f32>) -> Block {
  return Block(sum.b0 + w.m0 * v, sum.b1 + w.m1 * v);
}

fn channelsOf(sum: Block) -> Channels {
  return Channels(sum.b0, sum.b1);
}
