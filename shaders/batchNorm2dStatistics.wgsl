// Brings the parts of lib/batchNormMoments.wgsl together, LANES threads a channel, by Chan's formula in a fixed order, moves
// mean and variance from x to x * inputScale + inputShift, and updates the running statistics in place:
//   running = (1 - momentum) * running + momentum * batch; a momentum below 0 stands for 1 / step.
// Overwrites part 0 of `partial` with what lib/batchNormApply.wgsl normalizes with: partial[0, 0] = inputScale * invStd,
// partial[0, 1] = (mean - inputShift) * invStd. All f32, partial [parts, 2, channels], the others [channels].

// #include "lib/index.wgsl"
// #include "lib/rowLanes.wgsl"

struct Params {
  channels: u32,
  vectors: u32,
  parts: u32,
  rows: u32,
  partStart: u32,
  rowStep: u32,
  span: u32,
  eps: f32,
  momentum: f32,
  // rows / (rows - 1)
  unbiased: f32,
  hasScale: u32,
  hasShift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> inputScale: array<f32>;
@group(0) @binding(3) var<storage, read> inputShift: array<f32>;
@group(0) @binding(4) var<storage, read> step: array<i32>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> invStd: array<f32>;
@group(0) @binding(7) var<storage, read_write> runningMeanOut: array<f32>;
@group(0) @binding(8) var<storage, read_write> runningVarOut: array<f32>;

// A power of 2 up to 64; with 1 there is no barrier, for adapters where they are dear.
override LANES: u32 = 16u;

struct Moments {
  count: f32,
  mean: f32,
  squares: f32,
}

var<workgroup> gathered: array<Moments, 64>;

fn combined(a: Moments, b: Moments) -> Moments {
  if (b.count == 0.0) {
    return a;
  }
  let count = a.count + b.count;
  let weight = b.count / count;
  let distance = b.mean - a.mean;
  return Moments(count, a.mean + distance * weight, a.squares + b.squares + distance * distance * (a.count * weight));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let width = 64u / LANES;
  let lane = thread / width;
  let channel = linearIndex(group, workgroups, 1u) * width + thread % width;
  let c = min(channel, params.channels - 1u);
  var sum = Moments(0.0, 0.0, 0.0);
  for (var part = lane; part < params.parts; part += LANES) {
    let at = part * 2u * params.channels + c;
    sum = combined(sum, Moments(f32(rowsOfPart(part)), partial[at], partial[at + params.channels]));
  }
  for (var lanes = LANES / 2u; lanes > 0u; lanes /= 2u) {
    gathered[thread] = sum;
    workgroupBarrier();
    if (lane < lanes) {
      sum = combined(sum, gathered[thread + lanes * width]);
    }
    workgroupBarrier();
  }
  if (lane != 0u || channel >= params.channels) {
    return;
  }
  let scale = select(1.0, inputScale[c], params.hasScale != 0u);
  let offset = sum.mean * scale;
  let average = offset + select(0.0, inputShift[c], params.hasShift != 0u);
  let variance = sum.squares / f32(params.rows) * scale * scale;
  let inverse = 1.0 / sqrt(variance + params.eps);
  mean[c] = average;
  invStd[c] = inverse;
  partial[c] = scale * inverse;
  partial[params.channels + c] = offset * inverse;
  var momentum = params.momentum;
  if (momentum < 0.0) {
    momentum = 1.0 / f32(step[0]);
  }
  runningMeanOut[c] = (1.0 - momentum) * runningMeanOut[c] + momentum * average;
  runningVarOut[c] = (1.0 - momentum) * runningVarOut[c] + momentum * variance * params.unbiased;
}
