/**
 * Accumulator (i32) times fixed-point multiplier, rounded to a whole number: the integer rules, each as named. The result
 * saturates to i32; the caller clamps it to [qmin - z, qmax - z] and then adds z.
 *
 * No 64-bit integers are needed. The product P = acc * Q is below 2^62, and what is wanted is floor((P + 2^(n-1)) / 2^n)
 * for n = 31 - exponent in 1 .. 62:
 * - n >= 17: P = h * 2^16 + l with whole h, 0 <= l < 2^16. As 2^(n-1) is a multiple of 2^16, l cannot change the floor:
 *   it is floor((h + 2^(n-17)) / 2^(n-16)), and all of it is below 2^48, exact in f64.
 * - n <= 16: if |P| < 2^52 the plain f64 expression is exact; if not, the result is beyond 2^35 and saturates either way.
 */
import { clamp, f32, roundHalfEven } from "./rounding.ts";

export type IntegerRounding = "singleHalfUp" | "singleHalfAway" | "doubleHalfAway" | "doubleHalfUp";

/** All rules, in the order in which the override ROUNDING of shaders/lib/requantize.wgsl numbers them. */
export const roundings = ["singleHalfUp", "singleHalfAway", "doubleHalfAway", "doubleHalfUp", "float", "floatBias"] as const;
export type Rounding = (typeof roundings)[number];

/** The full-range result; not saturated. */
function scaleHalfUp(acc: number, multiplier: number, n: number): number {
  if (n < 17) return Math.floor((acc * multiplier + 2 ** (n - 1)) / 2 ** n);
  const high = Math.floor(acc / 65536);
  const h = high * multiplier + Math.floor(((acc - high * 65536) * multiplier) / 65536);
  return Math.floor((h + 2 ** (n - 17)) / 2 ** (n - 16));
}

const saturate = (x: number): number => clamp(x, -2147483648, 2147483647);

/** Half up of x / 2^n for whole x below 2^52 and n >= 0. */
const shiftHalfUp = (x: number, n: number): number => Math.floor(x / 2 ** n + 0.5);

/** x * 2^left as i32 arithmetic has it: what does not fit saturates (where TFLite's would overflow). */
const shiftLeft = (acc: number, exponent: number): number => saturate(acc * 2 ** Math.max(exponent, 0));

type Rule = (acc: number, multiplier: number, exponent: number) => number;

const rules: Readonly<Record<Rounding, Rule>> = {
  /** (i64(acc) * Q + 2^(30 - e)) >> (31 - e): XNNPACK rndnu, FBGEMM fixed, TFLite with single rounding. */
  singleHalfUp: (acc, multiplier, exponent) => saturate(scaleHalfUp(acc, multiplier, 31 - exponent)),

  /** sign * ((abs(acc * Q) + 2^(30 - e)) >> (31 - e)): TFLite 2.21 fully connected. */
  singleHalfAway: (acc, multiplier, exponent) => saturate(Math.sign(acc) * scaleHalfUp(Math.abs(acc), multiplier, 31 - exponent)),

  /**
   * gemmlowp: the doubling high multiply, then a rounding divide, half away from zero. The first is written half away in
   * gemmlowp, too, but its nudge for negative products, 1 - 2^30 before truncating, amounts to half up.
   */
  doubleHalfAway: (acc, multiplier, exponent) => {
    const h = saturate(scaleHalfUp(shiftLeft(acc, exponent), multiplier, 31));
    return Math.sign(h) * shiftHalfUp(Math.abs(h), Math.max(-exponent, 0));
  },

  /** Half up twice: TFLite's optimized kernels. */
  doubleHalfUp: (acc, multiplier, exponent) =>
    shiftHalfUp(saturate(scaleHalfUp(shiftLeft(acc, exponent), multiplier, 31)), Math.max(-exponent, 0)),

  /** rhe(f32(f32(acc) * M)): an f32 multiplier is a fixed-point number without loss (floatFixedPoint). ONNX Runtime, qnnpack. */
  float: (acc, multiplier, exponent) => saturate(roundHalfEven(f32(f32(acc) * (f32(multiplier) * 2 ** (exponent - 31))))),

  /** The same of t = f32(f32(acc) + f32(bias / f32(s_x * s_w))), which is f32 already: see requantizeFloatBias. PyTorch fbgemm. */
  floatBias: (t, multiplier, exponent) => saturate(roundHalfEven(f32(f32(t) * (f32(multiplier) * 2 ** (exponent - 31))))),
};

/**
 * round(acc * multiplier * 2^(exponent - 31)), saturated to i32.
 * `acc` is an i32 (for floatBias an f32), `multiplier` in 0 .. 2^31 - 1, `exponent` in -31 .. 30.
 */
export const requantize = (acc: number, multiplier: number, exponent: number, rounding: Rounding = "singleHalfUp"): number =>
  rules[rounding](acc, multiplier, exponent) + 0;

/** A whole accumulator to a stored integer: saturates before the zero point is added, for the product may exceed i32. */
export function requantizeTo(
  acc: number,
  fixed: { readonly multiplier: number; readonly exponent: number },
  output: { readonly zeroPoint: number; readonly quantMin: number; readonly quantMax: number },
  rounding: Rounding = "singleHalfUp",
): number {
  const q = requantize(acc, fixed.multiplier, fixed.exponent, rounding);
  return output.zeroPoint + clamp(q, output.quantMin - output.zeroPoint, output.quantMax - output.zeroPoint);
}
