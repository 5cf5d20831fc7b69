/**
 * dx = x > 0 ? dy : dy * negativeSlope, the gradient of leakyRelu from its input: the slope at 0 (PyTorch) and for NaN.
 * dy, x and dx f32 of one shape.
 */
import { ShapeError } from "../errors.ts";
import { unaryBackward, type UnaryFunction } from "./unary.ts";

export type LeakyReluAttrs = { readonly negativeSlope: number };

export const leakyReluFunction: UnaryFunction<LeakyReluAttrs> = {
  name: "leakyRelu",
  limits: ({ negativeSlope }) => [negativeSlope, 0],
  check(where, { negativeSlope }) {
    if (!Number.isFinite(Math.fround(negativeSlope)))
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "negativeSlope must be finite",
        expected: "a finite number",
        got: String(negativeSlope),
      });
  },
};

export const leakyReluBackward = unaryBackward(leakyReluFunction, "x", (dy, x, slope) => (x > 0 ? dy : dy * slope));
