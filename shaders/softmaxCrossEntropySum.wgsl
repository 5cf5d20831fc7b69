// loss = sum of rowLoss, for a mean divided by the number of counted rows (by 1 where there is none); correct = how many
// rowState are 3. NaN in a row makes the loss NaN, by bits. One workgroup: thread t sums rows t, t + 64, ..., then thread 0
// sums the 64 sums in order.

// #include "lib/classify.wgsl"

struct Params {
  rows: u32,
  mean: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rowLoss: array<u32>;
@group(0) @binding(2) var<storage, read> rowState: array<u32>;
@group(0) @binding(3) var<storage, read_write> loss: array<u32>;
@group(0) @binding(4) var<storage, read_write> correct: array<u32>;

const THREADS = 64u;

struct Part {
  sum: f32,
  counted: u32,
  correct: u32,
  broken: u32,
}

var<workgroup> parts: array<Part, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  var part = Part();
  for (var row = thread; row < params.rows; row += THREADS) {
    let bits = rowLoss[row];
    if (isNan(bits)) {
      part.broken = 1u;
    } else {
      part.sum += bitcast<f32>(bits);
    }
    part.counted += rowState[row] & 1u;
    part.correct += rowState[row] >> 1u;
  }
  parts[thread] = part;
  workgroupBarrier();
  if (thread != 0u) {
    return;
  }
  for (var t = 1u; t < THREADS; t++) {
    part.sum += parts[t].sum;
    part.counted += parts[t].counted;
    part.correct += parts[t].correct;
    part.broken |= parts[t].broken;
  }
  if (params.mean != 0u) {
    part.sum /= f32(max(part.counted, 1u));
  }
  loss[0] = select(bitcast<u32>(part.sum), 0x7fc00000u, part.broken != 0u);
  correct[0] = part.correct;
}
