// The two ends of lib/tile.wgsl for any number of output channels.

@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// Channels past the last one repeat it; they are not stored.
fn biasOf(firstBlock: u32) -> vec4<f32> {
  let at = min(vec4(firstBlock * 4u) + vec4(0u, 1u, 2u, 3u), vec4(params.channels - 1u));
  return vec4(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
}

// Applies the activation and stores one pixel's blocks; `to` is where the pixel lies in y, in elements.
fn store(to: u32, firstBlock: u32, sums: Channels) {
  let first = firstBlock * 4u;
  for (var i = 0u; i < min(BLOCKS * 4u, params.channels - min(params.channels, first)); i++) {
    y[to + first + i] = activate(sums[i / 4u][i % 4u], params.activation);
  }
}
