/**
 * y = min(max(x, min), max), NaN kept; a bound that is null is none. x and y f32 of one shape, bounds rounded to f32.
 * Source: PyTorch's clamp, ONNX's Clip; with boundGradient 0, -1 and 1 hardtanh.
 */
import { clampBackward, clampFunction, type ClampAttrs } from "./clampBackward.ts";
import { lowerClamp } from "./qclamp.ts";
import { unary } from "./unary.ts";

export const clamp = unary<ClampAttrs>(clampFunction, (x, low, high) => (x < low ? low : x > high ? high : x), clampBackward, {
  quantization: "sharesInput",
  lower: lowerClamp,
  defaults: { min: null, max: null, boundGradient: 1 },
});
