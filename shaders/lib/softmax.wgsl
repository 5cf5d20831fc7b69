// What a softmax needs of one row of logits. Needs `logits`.
// A row with NaN or +Inf, or with -Inf alone, has no softmax: then `valid` is false, found by bits, for comparisons with NaN
// and arithmetic with infinities are not reliable on GPUs.

// #include "lib/classify.wgsl"

const NAN_BITS = 0x7fc00000u;

struct Softmax {
  valid: bool,
  largest: f32,
  // The first class that has the largest logit.
  best: u32,
  sum: f32,
}

fn softmaxOf(start: u32, classes: u32) -> Softmax {
  var r = Softmax(true, 0.0, 0u, 0.0);
  var some = false;
  for (var j = 0u; j < classes; j++) {
    let bits = bitcast<u32>(logits[start + j]);
    r.valid = r.valid && !isNan(bits) && bits != 0x7f800000u;
    if (bits != 0xff800000u && (!some || logits[start + j] > r.largest)) {
      some = true;
      r.largest = logits[start + j];
      r.best = j;
    }
  }
  r.valid = r.valid && some;
  if (r.valid) {
    for (var j = 0u; j < classes; j++) {
      r.sum += exp(logits[start + j] - r.largest);
    }
  }
  return r;
}
