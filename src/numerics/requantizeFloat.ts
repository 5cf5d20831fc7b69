/** Requantization by an f32 multiplier, M = f32(f32(s_x * s_w) / s_y): the rules of ONNX Runtime and PyTorch. */
import { f32, roundHalfEven } from "./rounding.ts";

export const floatMultiplier = (xScale: number, weightScale: number, yScale: number): number => f32(f32(xScale * weightScale) / yScale);

/** `float`: rhe(f32(f32(acc) * M)), the bias being in the accumulator. ONNX Runtime, PyTorch qnnpack. */
export const requantizeFloat = (acc: number, multiplier: number): number => roundHalfEven(f32(f32(acc) * multiplier));

/** `floatBias`: the bias stays float, t = f32(f32(acc) + f32(bias / f32(s_x * s_w))); rhe(f32(t * M)). PyTorch fbgemm. */
export const requantizeFloatBias = (acc: number, multiplier: number, bias: number, biasScale: number): number =>
  roundHalfEven(f32(f32(f32(acc) + f32(bias / biasScale)) * multiplier));
