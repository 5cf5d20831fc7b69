/**
 * dx = min <= x <= max ? dy : 0, the gradient of clamp from its input: 1 at both bounds, 0 where x is NaN (PyTorch). With
 * boundGradient 0 it is hardtanh's, 0 at both bounds too: that of a clamp to the next numbers inside them.
 * dy, x and dx f32 of one shape.
 */
import { ShapeError } from "../errors.ts";
import { unaryBackward, type UnaryFunction } from "./unary.ts";

export type ClampAttrs = { readonly min: number | null; readonly max: number | null; readonly boundGradient: 0 | 1 };

/** The bounds as numbers: none is an infinity. */
export const clampLimits = ({ min, max }: Pick<ClampAttrs, "min" | "max">): readonly [low: number, high: number] => [
  min ?? -Infinity,
  max ?? Infinity,
];

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
    if (attrs.boundGradient !== 0 && attrs.boundGradient !== 1)
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "boundGradient is the gradient at the bounds",
        expected: "0 or 1",
        got: JSON.stringify(attrs.boundGradient),
      });
  },
};

/** The f32 next to `x` in the direction of `sign`; next to 0 the smallest normal one, for devices may take those below for 0. */
function nextTo(x: number, sign: 1 | -1): number {
  const bits = new Int32Array(Float32Array.of(x).buffer);
  if (x === 0) return sign * 2 ** -126;
  if (Number.isFinite(x)) bits[0]! += Math.sign(x) === sign ? 1 : -1;
  return new Float32Array(bits.buffer)[0]!;
}

function gradientLimits(attrs: ClampAttrs): readonly [number, number] {
  const [low, high] = clampLimits(attrs);
  return attrs.boundGradient === 1 ? [low, high] : [nextTo(low, 1), nextTo(high, -1)];
}

export const clampBackward = unaryBackward({ ...clampFunction, limits: gradientLimits }, "x", (dy, x, low, high) =>
  x >= low && x <= high ? dy : 0,
);
