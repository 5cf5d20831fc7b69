/** Scale and zero point of a range of real values (PyTorch's `_calculate_qparams`). */
import type { QuantRange } from "./range.ts";
import { clamp, f32, finiteF32, MAX_F32, roundHalfEven } from "./rounding.ts";

/** The smallest scale, f32's epsilon: constant and all-zero tensors get it, so that no scale is 0, NaN or Inf. */
export const MIN_SCALE = 2 ** -23;

export interface ScaleZeroPoint {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The zero point of a symmetric range: 0 signed, 128 for 0..255, the lower middle for any other unsigned range. */
export const symmetricZeroPoint = ({ quantMin, quantMax }: QuantRange): number =>
  quantMin < 0 ? 0 : quantMin === 0 && quantMax === 255 ? 128 : (quantMin + quantMax) >> 1;

/** Which library's formula makes scale and zero point of a range; pytorch (its Python observers) is ours by default. */
export const qparamsFormulas = ["pytorch", "fbgemm"] as const;
export type QparamsFormula = (typeof qparamsFormulas)[number];

/** fbgemm: smaller scales are raised to this one, so that a product with a reciprocal keeps its precision. */
export const FBGEMM_MIN_SCALE = f32(6.1e-5);

/**
 * `min` and `max` are f32 values as observed; the range is widened to contain 0: lo, hi.
 * - pytorch (`_calculate_qparams`):
 *     affine:    s = max(f32(f32(hi - lo) / (qmax - qmin)), 2^-23), z = clamp(qmin - rhe(f32(lo / s)), qmin, qmax)
 *     symmetric: s = max(f32(max(-lo, hi) / ((qmax - qmin) / 2)), 2^-23), z = symmetricZeroPoint
 * - fbgemm (`ChooseQuantizationParams`, PyTorch's fused observer and dynamic quantization):
 *     symmetric, and only where min < 0 < max: with n = (qmax - qmin) >> 1 and m = max(f32(-lo / (n + 1)), f32(hi / n)) the
 *     range is -f32(m * (n + 1)) .. f32(m * n) and z = rhe((qmin + qmax) / 2); else as affine
 *     affine: s = f32((hi - lo) / (qmax - qmin)), 0.1 where 1 / s is infinite; z is rounded at the end that is closer to its
 *     integer: rhe(qmin - lo / s) where |qmin| - |lo / s| < |qmax| - |hi / s|, else rhe(qmax - hi / s); then s = max(s, 6.1e-5)
 * Never observed (min > max, or a NaN): s = 1, z = 0 (the nearest value of the range). Differences beyond f32 and
 * infinite ends count as the largest f32.
 */
export function chooseQparams(
  min: number,
  max: number,
  range: QuantRange,
  symmetric: boolean,
  formula: QparamsFormula = "pytorch",
): ScaleZeroPoint {
  const { quantMin, quantMax } = range;
  if (!(min <= max)) return { scale: 1, zeroPoint: clamp(0, quantMin, quantMax) };
  const lo = Math.max(f32(Math.min(min, 0)), -MAX_F32);
  const hi = Math.min(f32(Math.max(max, 0)), MAX_F32);
  if (formula === "fbgemm") return fbgemmQparams(-lo, hi, range, symmetric && lo < 0 && hi > 0);
  if (symmetric) {
    const scale = f32(Math.max(-lo, hi) / ((quantMax - quantMin) / 2));
    return { scale: Math.max(scale, MIN_SCALE), zeroPoint: symmetricZeroPoint(range) };
  }
  const width = Math.min(f32(hi - lo), MAX_F32);
  const scale = Math.max(f32(width / (quantMax - quantMin)), MIN_SCALE);
  return { scale, zeroPoint: clamp(quantMin - roundHalfEven(f32(lo / scale)), quantMin, quantMax) };
}

/** z of fbgemm's symmetric range, which unlike symmetricZeroPoint rounds the middle half to even. */
export const fbgemmSymmetricZeroPoint = ({ quantMin, quantMax }: QuantRange): number => roundHalfEven((quantMin + quantMax) / 2);

/** Of the range -low .. high. In f64 sum and quotient are exact enough that one rounding to f32 is the only one. */
function fbgemmQparams(low: number, high: number, range: QuantRange, symmetric: boolean): ScaleZeroPoint {
  const { quantMin, quantMax } = range;
  if (symmetric) {
    const n = (quantMax - quantMin) >> 1;
    const m = Math.max(f32(low / (n + 1)), f32(high / n));
    [low, high] = [finiteF32(m * (n + 1)), finiteF32(m * n)];
  }
  const exact = f32((high + low) / (quantMax - quantMin));
  const scale = f32(1 / exact) < Infinity ? exact : f32(0.1);
  const raised = Math.max(scale, FBGEMM_MIN_SCALE);
  if (symmetric) return { scale: raised, zeroPoint: fbgemmSymmetricZeroPoint(range) };
  const [below, above] = [finiteF32(low / scale), finiteF32(high / scale)];
  const fromLow = f32(above - below) < Math.abs(quantMax) - Math.abs(quantMin);
  const zeroPoint = roundHalfEven(fromLow ? quantMin + below : quantMax - above);
  return { scale: raised, zeroPoint: clamp(zeroPoint, quantMin, quantMax) };
}
