/** A real multiplier as a 32-bit fixed-point number (TFLite's QuantizeMultiplier). */
import { QuantizationError } from "../errors.ts";
import type { Rounding } from "./requantize.ts";
import { f32, roundHalfAway } from "./rounding.ts";

/** value = multiplier * 2^(exponent - 31); multiplier is 0 or in 2^30 .. 2^31 - 1, exponent in -31 .. 30. */
export interface FixedPoint {
  readonly multiplier: number;
  readonly exponent: number;
}

/** Exponent of `x` > 0 with x = f * 2^exponent, f in [0.5, 1): C's frexp. */
function frexpExponent(x: number): number {
  let e = Math.max(-1074, Math.floor(Math.log2(x)) + 1);
  // log2 is rounded: beside a power of two its floor can be one off either way.
  while (x >= 2 ** e) e++;
  while (x < 2 ** (e - 1)) e--;
  return e;
}

/**
 * The nearest fixed-point number, ties away from zero. Below 2^-32 it is 0; from 2^30 on it is the largest there is, by
 * which any accumulator but 0 saturates.
 * @throws QuantizationError for NaN, infinite and negative values.
 */
export function quantizeMultiplier(real: number, where = "quantizeMultiplier"): FixedPoint {
  if (!(real >= 0 && real < Infinity))
    throw new QuantizationError({
      code: "bad-multiplier",
      where,
      problem: "the ratio of scales is no multiplier",
      expected: "a finite number, 0 or more",
      got: String(real),
    });
  if (real === 0) return { multiplier: 0, exponent: 0 };
  let exponent = frexpExponent(real);
  if (exponent < -32) return { multiplier: 0, exponent: 0 };
  let multiplier = roundHalfAway(real * 2 ** (31 - exponent));
  if (multiplier === 2147483648) {
    multiplier /= 2;
    exponent++;
  }
  if (exponent < -31) return { multiplier: 0, exponent: 0 };
  if (exponent > 30) return { multiplier: 2147483647, exponent: 30 };
  return { multiplier, exponent };
}

/** An f32 as a fixed-point number: its 24 significant bits fit, so nothing is lost from 2^-32 to 2^30. */
export const floatFixedPoint = (m: number, where?: string): FixedPoint => quantizeMultiplier(f32(m), where);

/**
 * The multiplier s_x * s_w / s_y for a rounding rule: in f64 for the integer rules, f32(f32(s_x * s_w) / s_y) for `float` and
 * `floatBias`. `w` is 1 where there is no weight.
 * @throws QuantizationError as quantizeMultiplier
 */
export function requantizeMultiplier(
  rounding: Rounding,
  { x, w = 1, y }: { readonly x: number; readonly w?: number; readonly y: number },
  where?: string,
): FixedPoint {
  return rounding === "float" || rounding === "floatBias"
    ? floatFixedPoint(f32(f32(x * w) / y), where)
    : quantizeMultiplier((x * w) / y, where);
}
