/** Contents for the cases of integer ops. */
import {
  clamp,
  floatFixedPoint,
  quantizeMultiplier,
  roundings,
  type FixedPoint,
  type QuantRange,
  type Rounding,
} from "../../src/numerics/index.ts";
import type { Random } from "../../src/numerics/random.ts";
import { packWeight } from "../../src/ops/packWeight.ts";
import type { Attrs, Tensors } from "../../src/ops/op.ts";
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

/** The same as u8: 128 more. */
export const unsigned = (t: Tensor<"i8">): Tensor<"u8"> =>
  tensor(
    "u8",
    t.shape,
    Uint8Array.from(t.data, (q) => q + 128),
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
 * (exact ties), both ends of the exponent, and any. The float rules have 24 bits.
 */
function randomFixed(r: Random, reach: number, { quantMin, quantMax }: QuantRange, rounding: Rounding): FixedPoint {
  const kind = r.int(0, 9);
  const real = (r.uniform(0.2, 1.5) * (quantMax - quantMin)) / 2 / Math.max(1, reach);
  const multiplier = r.int(2 ** 30, 2 ** 31 - 1);
  if (kind === 0) return { multiplier, exponent: r.pick([-31, 30]) };
  if (kind === 1) return { multiplier: r.pick([0, 2 ** 31 - 1, multiplier]), exponent: r.int(-31, 30) };
  const fixed = rounding === "float" || rounding === "floatBias" ? floatFixedPoint : quantizeMultiplier;
  if (kind <= 3) return fixed(2 ** Math.round(Math.log2(real)));
  return fixed(real);
}

export interface Given {
  readonly bias?: readonly number[];
  readonly multiplier?: readonly number[];
  readonly exponent?: readonly number[];
  readonly xZeroPoint?: number;
  readonly yZeroPoint?: number;
  /** Of the weights as they are given, i8 or u8. */
  readonly weightZeroPoint?: readonly number[];
  readonly groups?: number;
  /** The bias is f32. */
  readonly floatBias?: boolean;
}

/**
 * What qconv2d and qlinear take besides x: `weight` [oc, ...mid, ic / groups] packed, its sums, and requantization
 * parameters.
 */
export function weighted(weight: Tensor<"i8"> | Tensor<"u8">, given: Given = {}): Tensors {
  const oc = weight.shape[0]!;
  const taps = weight.data.length / oc;
  const each = (value: number): number[] => Array<number>(oc).fill(value);
  const { groups = 1, bias = each(0), weightZeroPoint } = given;
  const shift = weight.dtype === "u8" ? 128 : 0;
  const plain = Array.from(weight.data);
  const zeros = weightZeroPoint ?? (shift ? each(0) : undefined);
  return {
    weight: packWeight.reference({ w: weight }, { groups }).y!,
    weightSum: i32Tensor(Array.from({ length: oc }, (_, o) => plain.slice(o * taps, (o + 1) * taps).reduce((a, b) => a + b - shift, 0))),
    bias: given.floatBias ? tensor("f32", [oc], bias) : i32Tensor(bias),
    multiplier: i32Tensor(given.multiplier ?? each(2 ** 30)),
    exponent: i32Tensor(given.exponent ?? each(1)),
    xZeroPoint: scalar("i32", given.xZeroPoint ?? 0),
    yZeroPoint: scalar("i32", given.yZeroPoint ?? 0),
    ...(zeros ? { weightZeroPoint: i32Tensor(zeros.map((z) => z - shift)) } : {}),
  };
}

/** Rounding, x is u8, weights are asymmetric: each rounding with either x and either weights. */
const KINDS = roundings.flatMap((rounding, i) => [[rounding, false, i % 2 === 1] as const, [rounding, true, i % 2 === 0] as const]);

/**
 * As `weighted`, with everything but x and the weights drawn from `r`: roundings, i8 and u8, zero points of weights, ranges
 * of y; multipliers suit what the sums come to. Biases stay below 2^27, so that no accumulator of a test overflows.
 */
export function randomWeighted(r: Random, x: Tensor<"i8">, weight: Tensor<"i8">, groups = 1): { inputs: Tensors; attrs: Attrs } {
  // Mostly one of a few, for each is a pipeline of every kernel to compile.
  const any = [r.pick(roundings), r.int(0, 1) === 1, r.int(0, 1) === 1] as const;
  const [rounding, xUnsigned, asymmetric] = r.int(0, 9) === 0 ? any : r.pick(KINDS);
  const oc = weight.shape[0]!;
  const taps = weight.data.length / oc;
  const wUnsigned = asymmetric && r.int(0, 1) === 0;
  const range = randomRange(r);
  const dtype = r.pick(["i8", "i8", "u8"] as const);
  const shift = dtype === "u8" ? 128 : 0;
  const zero = randomZeroPoint(r);
  const zeros = Array.from({ length: oc }, () => (asymmetric ? randomZeroPoint(r) : 0));
  const mean = x.data.reduce((a, b) => a + b, 0) / x.data.length - zero;
  const large = r.int(0, 3) === 0;
  const whole = Array.from({ length: oc }, () => r.int(-1, 1) * r.int(0, large ? 2 ** 27 : 5000));
  const fixed = whole.map((b, o) => {
    const sum = weight.data.subarray(o * taps, (o + 1) * taps).reduce((a, v) => a + v - zeros[o]!, 0);
    return randomFixed(r, Math.abs(b + sum * mean) + Math.sqrt(taps) * 64 * 64, range, rounding);
  });
  const floatBias = rounding === "floatBias";
  const inputs = weighted(wUnsigned ? unsigned(weight) : weight, {
    bias: floatBias ? whole.map((b) => b / r.pick([1, 2, 64, 1000])) : whole,
    multiplier: fixed.map((f) => f.multiplier),
    exponent: fixed.map((f) => f.exponent),
    xZeroPoint: zero + (xUnsigned ? 128 : 0),
    yZeroPoint: randomZeroPoint(r, range) + shift,
    ...(asymmetric ? { weightZeroPoint: zeros.map((z) => z + (wUnsigned ? 128 : 0)) } : {}),
    groups,
    floatBias,
  });
  return {
    inputs: { x: xUnsigned ? unsigned(x) : x, ...inputs },
    attrs: {
      rounding,
      dtype,
      activation: r.pick(["none", "relu"]),
      quantMin: range.quantMin + shift,
      quantMax: range.quantMax + shift,
    },
  };
}
