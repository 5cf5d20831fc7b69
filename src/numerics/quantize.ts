/** Real value to integer and back, one value at a time. Scales are f32 values; x is an f32 value. */
import { MIN_SCALE, type ScaleZeroPoint } from "./qparams.ts";
import type { QuantRange } from "./range.ts";
import { clamp, f32, MAX_F32, roundHalfAway, roundHalfEven } from "./rounding.ts";

/**
 * How x becomes an integer before the zero point is added:
 * - reciprocal: rhe(f32(x * f32(1 / s))), PyTorch's fake quantization; ours by default
 * - divide: rhe(f32(x / s)), ONNX
 * - tflite: half away from zero of f32(x / s)
 */
export type QuantizeRounding = "reciprocal" | "divide" | "tflite";

/** f32(1 / s), at most the largest f32: a scale of 0 gives no NaN. */
export const reciprocal = (scale: number): number => Math.min(f32(1 / scale), MAX_F32);

const steps: Readonly<Record<QuantizeRounding, (x: number, scale: number) => number>> = {
  reciprocal: (x, scale) => roundHalfEven(f32(x * reciprocal(scale))),
  divide: (x, scale) => roundHalfEven(f32(x / scale)),
  tflite: (x, scale) => roundHalfAway(f32(x / scale)),
};

/** clamp(round(x / s) + z, qmin, qmax). Infinities saturate; NaN gives qmin, as PyTorch and ONNX Runtime do. */
export function quantize(
  x: number,
  scale: number,
  zeroPoint: number,
  range: QuantRange,
  rounding: QuantizeRounding = "reciprocal",
): number {
  const q = steps[rounding](x, scale) + zeroPoint;
  return Number.isNaN(q) ? range.quantMin : clamp(q, range.quantMin, range.quantMax);
}

/** f32(f32(q - z) * s); never -0. The difference is exact but for i32. */
export const dequantize = (q: number, scale: number, zeroPoint: number): number => f32(f32(q - zeroPoint) * scale);

/** q of fake quantization before the clamp. A float zero point is no integer: it is added before rounding. */
function unclamped(x: number, scale: number, zeroPoint: number, float: boolean): number {
  if (!float) return steps.reciprocal(x, scale) + zeroPoint;
  return roundHalfEven(f32(clamp(f32(x * reciprocal(scale)), -(2 ** 24), 2 ** 24) + zeroPoint));
}

/**
 * f32((clamp(rhe(f32(x * f32(1 / s))) + z, qmin, qmax) - z) * s): what quantize followed by dequantize gives. `float`: the
 * zero point is not rounded, clamp(rhe(f32(x * f32(1 / s)) + z), qmin, qmax) (PyTorch's float qparams; no integer form).
 */
export function fakeQuantize(x: number, scale: number, zeroPoint: number, range: QuantRange, float = false): number {
  const q = unclamped(x, scale, zeroPoint, float);
  return dequantize(Number.isNaN(q) ? range.quantMin : clamp(q, range.quantMin, range.quantMax), scale, zeroPoint);
}

/** Where the gradient of fakeQuantize passes: qmin <= q <= qmax before the clamp. Not at NaN. */
export function insideRange(x: number, scale: number, zeroPoint: number, range: QuantRange, float = false): boolean {
  const q = unclamped(x, scale, zeroPoint, float);
  return q >= range.quantMin && q <= range.quantMax;
}

/** What learnable fake quantization computes with: max(s, 2^-23), and the zero point rounded and clamped to the range. */
export function learnedQparams(scale: number, zeroPoint: number, { quantMin, quantMax }: QuantRange): ScaleZeroPoint {
  const z = Number.isNaN(zeroPoint) ? quantMin : roundHalfEven(clamp(zeroPoint, quantMin, quantMax));
  return { scale: scale >= MIN_SCALE ? scale : MIN_SCALE, zeroPoint: z };
}
