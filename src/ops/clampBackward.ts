/**
 * dx = min <= x <= max ? dy : 0, the gradient of clamp from its input: 1 at both bounds, 0 where x is NaN (PyTorch).
 * dy, x and dx f32 of one shape.
 */
import { ShapeError } from "../errors.ts";
import { unaryBackward, type UnaryFunction } from "./unary.ts";

export type ClampAttrs = { readonly min: number | null; readonly max: number | null };

/** The bounds as numbers: none is an infinity. */
export const clampLimits = ({ min, max }: ClampAttrs): readonly [low: number, high: number] => [min ?? -Infinity, max ?? Infinity];

export const clampFunction: UnaryFunction<ClampAttrs> = {
  name: "clamp",
  limits: clampLimits,
  check(where, attrs) {
    const [low, high] = clampLimits(attrs);
    if (!(low <= high))
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "the bounds are in the wrong order",
        expected: "min <= max",
        got: `min ${attrs.min}, max ${attrs.max}`,
      });
  },
};

export const clampBackward = unaryBackward(clampFunction, "x", (dy, x, low, high) => (x >= low && x <= high ? dy : 0));
