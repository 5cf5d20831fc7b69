/** Scale and zero point of a range of real values (PyTorch's `_calculate_qparams`). */
import type { QuantRange } from "./range.ts";
import { clamp, f32, MAX_F32, roundHalfEven } from "./rounding.ts";

/** The smallest scale, f32's epsilon: constant and all-zero tensors get it, so that no scale is 0, NaN or Inf. */
export const MIN_SCALE = 2 ** -23;

export interface ScaleZeroPoint {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The zero point of a symmetric range: 0 signed, 128 for 0..255, the lower middle for any other unsigned range. */
export const symmetricZeroPoint = ({ quantMin, quantMax }: QuantRange): number =>
  quantMin < 0 ? 0 : quantMin === 0 && quantMax === 255 ? 128 : (quantMin + quantMax) >> 1;

/**
 * `min` and `max` are f32 values as observed; the range is widened to contain 0.
 *   affine:    s = max(f32(f32(hi - lo) / (qmax - qmin)), 2^-23), z = clamp(qmin - rhe(f32(lo / s)), qmin, qmax)
 *   symmetric: s = max(f32(max(-lo, hi) / ((qmax - qmin) / 2)), 2^-23), z = symmetricZeroPoint
 * Never observed (min > max, or a NaN): s = 1, z = 0 (the nearest value of the range). Differences beyond f32 and
 * infinite ends count as the largest f32.
 */
export function chooseQparams(min: number, max: number, range: QuantRange, symmetric: boolean): ScaleZeroPoint {
  const { quantMin, quantMax } = range;
  if (!(min <= max)) return { scale: 1, zeroPoint: clamp(0, quantMin, quantMax) };
  const lo = Math.max(f32(Math.min(min, 0)), -MAX_F32);
  const hi = Math.min(f32(Math.max(max, 0)), MAX_F32);
  if (symmetric) {
    const scale = f32(Math.max(-lo, hi) / ((quantMax - quantMin) / 2));
    return { scale: Math.max(scale, MIN_SCALE), zeroPoint: symmetricZeroPoint(range) };
  }
  const width = Math.min(f32(hi - lo), MAX_F32);
  const scale = Math.max(f32(width / (quantMax - quantMin)), MIN_SCALE);
  return { scale, zeroPoint: clamp(quantMin - roundHalfEven(f32(lo / scale)), quantMin, quantMax) };
}
