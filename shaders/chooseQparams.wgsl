// Scale and zero point of observed ranges, one thread a channel. lo = min(min, 0), hi = max(max, 0):
//   affine:    s = max(f32(f32(hi - lo) / (qmax - qmin)), 2^-23), z = clamp(qmin - rhe(f32(lo / s)), qmin, qmax)
//   symmetric: s = max(f32(max(-lo, hi) / ((qmax - qmin) / 2)), 2^-23), z = symmetricZeroPoint
// Never observed (min > max) or NaN: s = 1, z = the integer of the range that is nearest to 0. All f32 are bit patterns
// and computed in integers, to the bits of the reference. Source: PyTorch's _calculate_qparams; with FBGEMM its
// ChooseQuantizationParams (numerics/qparams.ts has the formula).

// #include "lib/index.wgsl"
// #include "lib/divide.wgsl"
// #include "lib/addMultiply.wgsl"
// #include "lib/order.wgsl"
// #include "lib/classify.wgsl"

override FBGEMM: bool = false;

struct Params {
  channels: u32,
  quantMin: i32,
  quantMax: i32,
  symmetric: u32,
  symmetricZeroPoint: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lowest: array<u32>;
@group(0) @binding(2) var<storage, read> highest: array<u32>;
@group(0) @binding(3) var<storage, read_write> scale: array<u32>;
@group(0) @binding(4) var<storage, read_write> zeroPoint: array<i32>;

const SMALLEST_SCALE = 0x34000000u; // 2^-23

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let c = linearIndex(gid, workgroups, 64u);
  if (c >= params.channels) {
    return;
  }
  let low = withoutNegativeZero(lowest[c]);
  let high = withoutNegativeZero(highest[c]);
  if (orderOf(low) > orderOf(high) || isNan(low) || isNan(high)) {
    scale[c] = 0x3f800000u;
    zeroPoint[c] = clamp(0, params.quantMin, params.quantMax);
    return;
  }
  // Magnitudes of lo and hi, finite.
  let lo = min(select(0u, low & ~FLOAT_SIGN, low >= FLOAT_SIGN), FLOAT_MAX);
  let hi = min(select(high, 0u, high >= FLOAT_SIGN), FLOAT_MAX);
  let range = f32(params.quantMax - params.quantMin);
  if (FBGEMM) {
    writeFbgemm(c, lo, hi);
    return;
  }
  if (params.symmetric == 1u) {
    scale[c] = max(divideFloat(max(lo, hi), bitcast<u32>(range * 0.5)), SMALLEST_SCALE);
    zeroPoint[c] = params.symmetricZeroPoint;
    return;
  }
  let s = max(divideFloat(addFloat(lo, hi), bitcast<u32>(range)), SMALLEST_SCALE);
  scale[c] = s;
  let steps = i32(round(bitcast<f32>(divideFloat(lo, s))));
  zeroPoint[c] = clamp(params.quantMin + steps, params.quantMin, params.quantMax);
}

const FBGEMM_SMALLEST_SCALE = 0x387fda40u; // 6.1e-5
const TENTH = 0x3dcccccdu;

fn writeFbgemm(c: u32, observedLow: u32, observedHigh: u32) {
  var lo = observedLow;
  var hi = observedHigh;
  let span = params.quantMax - params.quantMin;
  let symmetric = params.symmetric == 1u && lo != 0u && hi != 0u;
  if (symmetric) {
    let below = bitcast<u32>(f32((span >> 1u) + 1));
    let above = bitcast<u32>(f32(span >> 1u));
    let m = max(divideFloat(lo, below), divideFloat(hi, above));
    lo = multiplyFloat(m, below);
    hi = multiplyFloat(m, above);
  }
  let exact = sumQuotient(lo, hi, u32(span));
  // Up to 2^-128 the reciprocal is infinite.
  let s = select(exact, TENTH, exact <= 0x00200000u);
  scale[c] = max(s, FBGEMM_SMALLEST_SCALE);
  if (symmetric) {
    zeroPoint[c] = params.symmetricZeroPoint;
    return;
  }
  let below = divideFloat(lo, s);
  let above = divideFloat(hi, s);
  let difference = abs(params.quantMax) - abs(params.quantMin);
  let fromLow = orderOf(addFloat(above, below ^ FLOAT_SIGN)) < orderOf(bitcast<u32>(f32(difference)));
  let steps = bitcast<f32>(select(above, below, fromLow));
  // Half to even of the end plus or minus the steps: the parity that counts is that of the sum.
  let whole = i32(min(floor(steps), 65536.0));
  let rest = steps - f32(whole);
  let sum = select(params.quantMax - whole, params.quantMin + whole, fromLow);
  let further = rest > 0.5 || (rest == 0.5 && (sum & 1) == 1);
  let z = select(sum, sum + select(-1, 1, fromLow), further);
  zeroPoint[c] = clamp(z, params.quantMin, params.quantMax);
}

// f32((a + b) / divisor) for a and b >= 0 and a divisor of up to 16 bits, rounded once: 64 bits of the sum are divided in
// digits of 16 bits.
fn sumQuotient(a: u32, b: u32, divisor: u32) -> u32 {
  let large = unpackFloat(max(a, b));
  let small = unpackFloat(min(a, b));
  if (large.mantissa == 0u) {
    return 0u;
  }
  let shift = min(u32(large.exponent - small.exponent), 62u) + 1u;
  let within = shift < 32u;
  let high = (large.mantissa >> 1u) + select(0u, small.mantissa >> (shift & 31u), within);
  let tail = small.mantissa >> (shift & 31u);
  let low = select(tail, small.mantissa << ((32u - shift) & 31u), within);
  let lost = !within && (tail << (shift & 31u)) != small.mantissa;
  let first = high / divisor;
  var rest = ((high % divisor) << 16u) | (low >> 16u);
  let second = rest / divisor;
  rest = ((rest % divisor) << 16u) | (low & 0xffffu);
  let third = rest / divisor;
  rest %= divisor;
  let quotient = (second << 16u) | third;
  let up = countLeadingZeros(first);
  let mantissa = (first << up) | select(quotient >> ((32u - up) & 31u), 0u, up == 0u);
  let sticky = (quotient << up) != 0u || rest != 0u || lost;
  return packFloat(0u, mantissa | select(0u, 1u, sticky), large.exponent + 1 - i32(up));
}
