// Brings the parts of lib/batchNormSums.wgsl together, LANES threads a channel, in a fixed order: dbias and dweight. Overwrites
// the first 5 planes of `partial` with what lib/batchNormGradient.wgsl needs: dx = dy * p + x * q + r, dinputScale and
// dinputShift; formulas in src/ops/batchNorm2dBackward.ts. All f32, partial [parts, 2, channels], the others [channels].

// #include "lib/index.wgsl"

struct Params {
  channels: u32,
  parts: u32,
  rows: u32,
  eps: f32,
  training: u32,
  hasWeight: u32,
  hasScale: u32,
  hasShift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> invStd: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> inputScale: array<f32>;
@group(0) @binding(6) var<storage, read> inputShift: array<f32>;
@group(0) @binding(7) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(8) var<storage, read_write> dbias: array<f32>;

// A power of 2 up to 64; with 1 there is no barrier, for adapters where they are dear.
override LANES: u32 = 16u;

var<workgroup> gathered: array<vec2<f32>, 64>;

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
  var sum = vec2<f32>();
  for (var part = lane; part < params.parts; part += LANES) {
    let at = part * 2u * params.channels + c;
    sum += vec2(partial[at], partial[at + params.channels]);
  }
  for (var lanes = LANES / 2u; lanes > 0u; lanes /= 2u) {
    gathered[thread] = sum;
    workgroupBarrier();
    if (lane < lanes) {
      sum += gathered[thread + lanes * width];
    }
    workgroupBarrier();
  }
  if (lane != 0u || channel >= params.channels) {
    return;
  }
  dbias[c] = sum.x;
  dweight[c] = sum.y;
  let gamma = select(1.0, weight[c], params.hasWeight != 0u);
  let scale = select(1.0, inputScale[c], params.hasScale != 0u);
  let inverse = invStd[c];
  let center = mean[c] - select(0.0, inputShift[c], params.hasShift != 0u);
  let p = scale * gamma * inverse;
  var factors = vec2<f32>();
  var total = sum.y + inverse * center * sum.x;
  var shift = gamma * inverse * sum.x;
  if (params.training != 0u) {
    let average = sum / f32(params.rows);
    factors = vec2(-p * average.y * scale * inverse, p * (average.y * center * inverse - average.x));
    total = sum.y * params.eps * inverse * inverse;
    shift = 0.0;
  }
  partial[c] = p;
  partial[params.channels + c] = factors.x;
  partial[2u * params.channels + c] = factors.y;
  partial[3u * params.channels + c] = select(gamma * total / scale, 0.0, scale == 0.0);
  partial[4u * params.channels + c] = shift;
}
