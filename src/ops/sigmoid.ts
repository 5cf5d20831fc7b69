/**
 * y = 1 / (1 + exp(-x)), NaN kept. x and y f32 of one shape. The GPU takes exp of -|x| only, so nothing overflows: for
 * x < 0 it is y = e / (1 + e) with e = exp(x).
 */
import { qsigmoid } from "./qsigmoid.ts";
import { sigmoidBackward } from "./sigmoidBackward.ts";
import { lowerByTable } from "./table.ts";
import { unary } from "./unary.ts";

export const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

export const sigmoid = unary({ name: "sigmoid" }, sigmoidOf, sigmoidBackward, {
  quantization: "own",
  lower: lowerByTable(qsigmoid, sigmoidOf),
});
