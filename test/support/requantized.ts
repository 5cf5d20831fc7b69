/** Contents for the cases of the bytewise ops: i8 or u8, any rounding. */
import { clamp, quantizeMultiplier, roundings, type FixedPoint, type QuantRange } from "../../src/numerics/index.ts";
import type { Attrs } from "../../src/ops/op.ts";
import type { RequantizeAttrs } from "../../src/ops/requantized.ts";
import type { Random } from "../../src/numerics/random.ts";
import { numel, scalar, tensor, type Tensor } from "../../src/tensor/index.ts";

export type Byte = "i8" | "u8";

export const bytes = (dtype: Byte, shape: readonly number[], of: (i: number) => number): Tensor =>
  tensor(
    dtype,
    shape,
    Array.from({ length: numel(shape) }, (_, i) => of(i)),
  );

export const wholeRange = (dtype: Byte): QuantRange =>
  dtype === "i8" ? { quantMin: -128, quantMax: 127 } : { quantMin: 0, quantMax: 255 };

/** Integers of the whole range, or all at its ends: products and sums are largest there. */
export function randomBytes(r: Random, dtype: Byte, shape: readonly number[]): Tensor {
  const { quantMin: low, quantMax: high } = wholeRange(dtype);
  const kind = r.int(0, 5);
  return bytes(dtype, shape, () => (kind === 0 ? high : kind === 1 ? low : kind === 2 ? r.pick([low, high]) : r.int(low, high)));
}

export function randomZero(r: Random, range: QuantRange): number {
  const { quantMin, quantMax } = range;
  return clamp(r.pick([quantMin, quantMax, 0, 128, -77, 1, r.int(quantMin, quantMax)]), quantMin, quantMax);
}

/** What requantizing ops take as attributes: any rounding, type and activation, and a range that is narrower now and then. */
export function randomRequantize(r: Random): Attrs & RequantizeAttrs {
  const dtype = r.pick<Byte>(["i8", "u8"]);
  const { quantMin, quantMax } = wholeRange(dtype);
  const narrow = r.int(0, 3) === 0 ? { quantMin: quantMin + r.int(0, 100), quantMax: quantMax - r.int(0, 100) } : { quantMin, quantMax };
  return { dtype, activation: r.pick(["none", "relu"]), rounding: r.pick(roundings), ...narrow };
}

export const i32s = (values: readonly number[]): Tensor<"i32"> => tensor("i32", [values.length], values);
export const i32 = (value: number): Tensor<"i32"> => scalar("i32", value);

/** Multipliers as inputs of an op. */
export const fixedInputs = (fixed: readonly FixedPoint[]): { multiplier: Tensor<"i32">; exponent: Tensor<"i32"> } => ({
  multiplier: i32s(fixed.map((f) => f.multiplier)),
  exponent: i32s(fixed.map((f) => f.exponent)),
});

/** A multiplier that makes results of about the range from `reach`: mostly so, else a power of two (ties) or any at all. */
export function randomFixed(r: Random, reach: number): FixedPoint {
  const kind = r.int(0, 9);
  if (kind === 0) return { multiplier: r.pick([0, 2 ** 31 - 1, r.int(2 ** 30, 2 ** 31 - 1)]), exponent: r.pick([-31, 30, r.int(-31, 30)]) };
  const real = (128 / reach) * r.uniform(0.2, 2);
  return quantizeMultiplier(kind <= 4 ? 2 ** Math.round(Math.log2(real)) : real);
}
/** A multiplier of an f32 number, as the float roundings take it. */
export const roundedToF32 = ({ multiplier, exponent }: FixedPoint): FixedPoint =>
  quantizeMultiplier(Math.fround(multiplier * 2 ** (exponent - 31)));
