/**
 * y = x > 0 ? x : x * negativeSlope, NaN kept. x and y f32 of one shape, the slope rounded to f32.
 * Source: PyTorch's leaky_relu.
 */
import { leakyReluBackward, leakyReluFunction, type LeakyReluAttrs } from "./leakyReluBackward.ts";
import { qleakyRelu } from "./qleakyRelu.ts";
import { lowerByTable } from "./table.ts";
import { unary } from "./unary.ts";

export const leakyReluOf = (x: number, negativeSlope: number): number => (x > 0 ? x : x * negativeSlope);

export const leakyRelu = unary<LeakyReluAttrs>(leakyReluFunction, leakyReluOf, leakyReluBackward, {
  quantization: "own",
  lower: lowerByTable(qleakyRelu, (x, { negativeSlope }: LeakyReluAttrs) => leakyReluOf(x, Math.fround(negativeSlope))),
  defaults: { negativeSlope: 0.01 },
});
