/** Contents for the cases of integer ops. */
import { clamp, quantizeMultiplier, type FixedPoint, type QuantRange } from "../../src/numerics/index.ts";
import type { Random } from "../../src/numerics/random.ts";
import { packWeight } from "../../src/ops/packWeight.ts";
import type { Tensors } from "../../src/ops/op.ts";
import { numel, scalar, tensor, type Tensor } from "../../src/tensor/index.ts";

/** Channel counts around the packing of 4 values a word and the tiles of the kernels. */
export const CHANNELS = [1, 2, 3, 5, 7, 31, 33];

export const i32Tensor = (values: readonly number[]): Tensor<"i32"> => tensor("i32", [values.length], values);
export const filled = (shape: readonly number[], value: number): Tensor<"i8"> =>
  tensor("i8", shape, new Int8Array(numel(shape)).fill(value));
/** value(i) for each element in row-major order. */
export const made = (shape: readonly number[], value: (i: number) => number): Tensor<"i8"> =>
  tensor(
    "i8",
    shape,
    Int8Array.from({ length: numel(shape) }, (_, i) => value(i)),
  );

/** Integers of the whole range, or all at an end of it: products and sums are largest there. */
export function randomI8(r: Random, shape: readonly number[], low: number): Tensor<"i8"> {
  const kind = r.int(0, 5);
  if (kind === 0) return filled(shape, 127);
  if (kind === 1) return filled(shape, low);
  if (kind === 2) return made(shape, () => r.pick([low, 127]));
  return made(shape, () => r.int(low, 127));
}

/** Zero points at the ends of the range, odd ones, any. */
export function randomZeroPoint(r: Random, { quantMin, quantMax } = { quantMin: -128, quantMax: 127 }): number {
  return clamp(r.pick([quantMin, quantMax, 0, -1, 1, -77, 33, r.int(quantMin, quantMax)]), quantMin, quantMax);
}

/** A range of i8, narrower than all of it now and then. */
export function randomRange(r: Random): QuantRange {
  return r.pick([
    { quantMin: -128, quantMax: 127 },
    { quantMin: -127, quantMax: 127 },
    { quantMin: -8, quantMax: 7 },
    { quantMin: r.int(-128, -1), quantMax: r.int(0, 127) },
  ]);
}

/**
 * Multiplier and exponent of a channel whose sums reach `reach`: mostly such that y uses its range, else powers of two
 * (exact ties), both ends of the exponent, and any.
 */
function randomFixed(r: Random, reach: number, { quantMin, quantMax }: QuantRange): FixedPoint {
  const kind = r.int(0, 9);
  const real = (r.uniform(0.2, 1.5) * (quantMax - quantMin)) / 2 / Math.max(1, reach);
  if (kind === 0) return { multiplier: r.int(2 ** 30, 2 ** 31 - 1), exponent: r.pick([-31, 30]) };
  if (kind === 1) return { multiplier: r.pick([0, 2 ** 31 - 1, r.int(2 ** 30, 2 ** 31 - 1)]), exponent: r.int(-31, 30) };
  if (kind <= 3) return quantizeMultiplier(2 ** Math.round(Math.log2(real)));
  return quantizeMultiplier(real);
}

/**
 * What qconv2d and qlinear take besides x: `weight` [oc, ...mid, ic] packed, its sums, and requantization parameters.
 * Biases stay below 2^27, so that no accumulator of a test overflows.
 */
export function weighted(
  weight: Tensor<"i8">,
  given: {
    bias?: readonly number[];
    multiplier?: readonly number[];
    exponent?: readonly number[];
    xZeroPoint?: number;
    yZeroPoint?: number;
  } = {},
): Tensors {
  const oc = weight.shape[0]!;
  const taps = weight.data.length / oc;
  const each = (value: number): number[] => Array<number>(oc).fill(value);
  return {
    weight: packWeight.reference({ w: weight }, {}).y!,
    weightSum: i32Tensor(Array.from({ length: oc }, (_, o) => weight.data.subarray(o * taps, (o + 1) * taps).reduce((a, b) => a + b, 0))),
    bias: i32Tensor(given.bias ?? each(0)),
    multiplier: i32Tensor(given.multiplier ?? each(2 ** 30)),
    exponent: i32Tensor(given.exponent ?? each(1)),
    xZeroPoint: scalar("i32", given.xZeroPoint ?? 0),
    yZeroPoint: scalar("i32", given.yZeroPoint ?? 0),
  };
}

/** As `weighted`, with everything but the weights drawn from `r`; multipliers suit what the sums with `x` come to. */
export function randomWeighted(r: Random, x: Tensor<"i8">, weight: Tensor<"i8">, y: QuantRange): Tensors {
  const oc = weight.shape[0]!;
  const taps = weight.data.length / oc;
  const xZeroPoint = randomZeroPoint(r);
  const mean = x.data.reduce((a, b) => a + b, 0) / x.data.length - xZeroPoint;
  const large = r.int(0, 3) === 0;
  const bias = Array.from({ length: oc }, () => r.int(-1, 1) * r.int(0, large ? 2 ** 27 : 5000));
  const fixed = bias.map((b, o) => {
    const sum = weight.data.subarray(o * taps, (o + 1) * taps).reduce((a, v) => a + v, 0);
    return randomFixed(r, Math.abs(b + sum * mean) + Math.sqrt(taps) * 64 * 64, y);
  });
  return weighted(weight, {
    bias,
    multiplier: fixed.map((f) => f.multiplier),
    exponent: fixed.map((f) => f.exponent),
    xZeroPoint,
    yZeroPoint: randomZeroPoint(r, y),
  });
}
