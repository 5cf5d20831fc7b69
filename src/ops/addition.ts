/** What qadd and qsub share: sums of two integers with scales of their own. */
import { QuantizationError } from "../errors.ts";
import { f32, floatFixedPoint, quantizeMultiplier, requantize, roundHalfEven, type FixedPoint, type Rounding } from "../numerics/index.ts";
import type { OpDef } from "./op.ts";
import { pairwise } from "./pairwise.ts";
import type { RequantizeAttrs } from "./requantized.ts";
import word from "../../shaders/addition.wgsl";
import vec4 from "../../shaders/additionVec4.wgsl";

/** Bits by which the inputs are shifted left before they are scaled to the common scale. */
const SHIFT = 20;

const isFloat = (rounding: Rounding): boolean => rounding === "float" || rounding === "floatBias";

/** An f32 from its fixed-point form. */
const floatOf = (multiplier: number, exponent: number): number => multiplier * 2 ** (exponent - 31);

/** The op y = a + sign * b. */
export const addition = (name: string, sign: 1 | -1): OpDef<RequantizeAttrs> =>
  pairwise({
    name,
    multipliers: 3,
    shaders: { vec4, word },
    constants: () => ({ SIGN: sign }),
    swapped: { SWAPPED: true },
    combine(da, db, m, e, rounding) {
      if (isFloat(rounding)) {
        const [sa, sb, sy] = [0, 1, 2].map((i) => floatOf(m[i]!, e[i]!)) as [number, number, number];
        return roundHalfEven(f32(f32(f32(da * sa) + sign * f32(db * sb)) / sy));
      }
      const scaled = (value: number, i: number): number => requantize(value, m[i]!, e[i]!, rounding);
      return scaled((scaled(da * 2 ** SHIFT, 0) + sign * scaled(db * 2 ** SHIFT, 1)) | 0, 2);
    },
  });

/**
 * R0 and R1 are s_a / (2 max(s_a, s_b)) and s_b / (2 max(s_a, s_b)), R2 is 2 max(s_a, s_b) / (2^20 s_y) (TFLite's scheme). For
 * the float rules the scales themselves, multiplied by the power of two that brings s_y into [1/2, 1): it cancels. One that is
 * then below 2^-32 counts as 0, which is less than 2^-23 steps of y.
 * @throws QuantizationError where a scale is then beyond fixed-point numbers: for the float rules saturating would be wrong
 */
export function additionMultipliers(
  { a, b, y }: { readonly a: number; readonly b: number; readonly y: number },
  rounding: Rounding,
  where: string,
): readonly FixedPoint[] {
  if (isFloat(rounding)) {
    const power = 2 ** (-1 - Math.floor(Math.log2(y)));
    return [a, b, y].map((s) => {
      if (s * power >= 2 ** 30)
        throw new QuantizationError({
          code: "bad-multiplier",
          where,
          problem: "the scales lie too far apart",
          expected: "scales of a and b below 2^30 times that of y",
          got: `${s} and ${y}`,
          remedy: "Use a rounding rule of integers, or calibrate with data that reach the output's range",
        });
      return floatFixedPoint(s * power, where);
    });
  }
  const twice = 2 * Math.max(a, b);
  return [a / twice, b / twice, twice / (2 ** SHIFT * y)].map((m) => quantizeMultiplier(m, where));
}
