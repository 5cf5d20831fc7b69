// The two ends of lib/tile.wgsl for output channels that are a multiple of 4.

@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;

// Blocks past the last one repeat it; they are not stored.
fn biasOf(firstBlock: u32) -> vec4<f32> {
  return bias[min(firstBlock, params.channels / 4u - 1u)];
}

// Applies the activation and stores one pixel's blocks; `to` is where the pixel lies in y, in elements.
fn store(to: u32, firstBlock: u32, sums: Channels) {
  for (var i = 0u; i < min(BLOCKS, params.channels / 4u - firstBlock); i++) {
    y[to / 4u + firstBlock + i] = activateVec4(sums[i], params.activation);
  }
}
