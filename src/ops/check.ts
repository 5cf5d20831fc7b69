/** The checks that shape inference of many ops shares; each throws an error that names the node. */
import { DTypeError, ShapeError } from "../errors.ts";
import { formatType, type Dim, type DType, type TensorType } from "../tensor/index.ts";

/** @throws DTypeError unless `t` has one of the dtypes. */
export function expectDType(where: string, input: string, t: TensorType, ...dtypes: readonly DType[]): void {
  if (!dtypes.includes(t.dtype))
    throw new DTypeError({
      code: "dtype-mismatch",
      where,
      problem: `${input} has another element type than the op takes`,
      expected: dtypes.join(" or "),
      got: formatType(t),
    });
}

/** @throws ShapeError unless `t` has this rank; `axes` names them: "[n, h, w, c]". */
export function expectRank(where: string, input: string, t: TensorType, rank: number, axes: string): void {
  if (t.shape.length !== rank)
    throw new ShapeError({
      code: "rank-mismatch",
      where,
      problem: `${input} must be ${axes}`,
      expected: `rank ${rank}`,
      got: formatType(t),
    });
}

/** @throws ShapeError unless `t` has exactly this shape. */
export function expectShape(where: string, input: string, t: TensorType, shape: readonly Dim[], why: string): void {
  if (t.shape.length !== shape.length || !shape.every((d, i) => d === t.shape[i]))
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: `${input} ${why}`,
      expected: `[${shape.join(", ")}]`,
      got: formatType(t),
    });
}

/** The size of an axis that cannot be symbolic. @throws ShapeError when it is. */
export function fixedDim(where: string, input: string, t: TensorType, axis: number): number {
  const d = t.shape.at(axis);
  if (typeof d !== "number")
    throw new ShapeError({
      code: "symbolic-size",
      where,
      problem: `axis ${axis} of ${input} must be a number`,
      expected: "a whole number",
      got: formatType(t),
    });
  return d;
}

/** @throws ShapeError unless `value` is a whole number >= `min`. */
export function expectWhole(where: string, name: string, value: number, min: number): void {
  if (!Number.isSafeInteger(value) || value < min)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: `${name} must be a whole number`,
      expected: `at least ${min}`,
      got: String(value),
    });
}

/** @throws ShapeError unless `value` is true or false: a 2 or "yes" from a file is neither. */
export function expectFlag(where: string, name: string, value: boolean): void {
  if (typeof value !== "boolean")
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: `${name} must be a flag`,
      expected: "true or false",
      got: JSON.stringify(value),
    });
}
