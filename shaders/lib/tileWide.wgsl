// 5 blocks of 4 output channels for lib/tile.wgsl: the sums of one pixel, and the weights of one vec4 of x.

const BLOCKS = 5u;

struct Block {
  b0: vec4<f32>,
  b1: vec4<f32>,
  b2: vec4<f32>,
  b3: vec4<f32>,
  b4: vec4<f32>,
}

struct Weights {
  m0: mat4x4<f32>,
  m1: mat4x4<f32>,
  m2: mat4x4<f32>,
  m3: mat4x4<f32>,
  m4: mat4x4<f32>,
}

alias Channels = array<vec4<f32>, 5>;

// The sums that a pixel starts with: the bias.
fn startOf(firstBlock: u32) -> Block {
  return Block(biasOf(firstBlock), biasOf(firstBlock + 1u), biasOf(firstBlock + 2u), biasOf(firstBlock + 3u), biasOf(firstBlock + 4u));
}

fn loadWeights(at: u32) -> Weights {
  return Weights(weight[at], weight[at + 1u], weight[at + 2u], weight[at + 3u], weight[at + 4u]);
}

fn multiplyAdd(sum: Block, w: Weights, v: vec4<f32>) -> Block {
  return Block(sum.b0 + w.m0 * v, sum.b1 + w.m1 * v, sum.b2 + w.m2 * v, sum.b3 + w.m3 * v, sum.b4 + w.m4 * v);
}

fn channelsOf(sum: Block) -> Channels {
  return Channels(sum.b0, sum.b1, sum.b2, sum.b3, sum.b4);
}
