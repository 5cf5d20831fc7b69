/** Real value to integer and back, one value at a time. Scales are f32 values; x is an f32 value. */
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

/** f32((q - z) * s); never -0. */
export const dequantize = (q: number, scale: number, zeroPoint: number): number => f32((q - zeroPoint) * scale);

/** f32((clamp(rhe(f32(x * f32(1 / s))) + z, qmin, qmax) - z) * s): what quantize followed by dequantize gives. */
export const fakeQuantize = (x: number, scale: number, zeroPoint: number, range: QuantRange): number =>
  dequantize(quantize(x, scale, zeroPoint, range), scale, zeroPoint);

/** Where the gradient of fakeQuantize passes: qmin <= q <= qmax before the clamp. Not at NaN. */
export function insideRange(x: number, scale: number, zeroPoint: number, range: QuantRange): boolean {
  const q = steps.reciprocal(x, scale) + zeroPoint;
  return q >= range.quantMin && q <= range.quantMax;
}
