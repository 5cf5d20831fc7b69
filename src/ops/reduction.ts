/** Shapes of reductions over axes. */
import { ShapeError } from "../errors.ts";
import { expectDType, expectFlag, expectRank, fixedDim } from "./check.ts";
import { formatType, type DType, type Shape, type TensorType } from "../tensor/index.ts";

export type MeanAttrs = {
  /** From 0, or from -1 backwards; no axis twice. */
  readonly axes: readonly number[];
  readonly keepDim: boolean;
};

/** Rank up to which kernels know tensors. */
const RANK = 6;

/** The axes in ascending order, counted from 0. @throws ShapeError unless they are distinct axes of a tensor of this rank. */
export function reducedAxes(where: string, x: string, rank: number, axes: readonly number[]): readonly number[] {
  const from0 = Array.isArray(axes) ? axes.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b) : [];
  const valid = from0.length > 0 && from0.every((a, i) => Number.isInteger(a) && a >= 0 && a < rank && a !== from0[i - 1]);
  if (!valid || rank > RANK)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "these are no axes to take the mean over",
      expected: `distinct axes of up to ${RANK}, at least one`,
      got: `${JSON.stringify(axes)} of ${x}`,
    });
  return from0;
}

/** The shape of x with these axes of size 1. */
export const kept = (shape: Shape, axes: readonly number[]): Shape => shape.map((d, i) => (axes.includes(i) ? 1 : d));

/**
 * Type of y, and how many numbers a mean is taken of.
 * @throws ShapeError | DTypeError, also where an axis to take the mean over has no fixed size.
 */
export function inferMean(
  x: TensorType,
  { axes, keepDim }: MeanAttrs,
  where: string,
  ...dtypes: readonly DType[]
): { readonly y: TensorType; readonly keptShape: Shape; readonly count: number } {
  expectDType(where, "x", x, ...dtypes);
  expectFlag(where, "keepDim", keepDim);
  const reduced = reducedAxes(where, formatType(x), x.shape.length, axes);
  const count = reduced.reduce((product, axis) => product * fixedDim(where, "x", x, axis), 1);
  const keptShape = kept(x.shape, reduced);
  const shape = keepDim ? keptShape : keptShape.filter((_, i) => !reduced.includes(i));
  return { y: { dtype: x.dtype, shape }, keptShape, count };
}

/** The same for the mean over the pixels of x [n, h, w, c]. @throws ShapeError | DTypeError */
export function inferGlobalAvgPool2d(x: TensorType, where: string, ...dtypes: readonly DType[]): ReturnType<typeof inferMean> {
  expectRank(where, "x", x, 4, "[n, h, w, c]");
  return inferMean(x, { axes: [1, 2], keepDim: true }, where, ...dtypes);
}
