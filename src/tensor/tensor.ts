import { DTypeError, ShapeError } from "../errors.ts";
import { allocate, allocated, isDataOf, type Data, type DataOf, type DType } from "./dtype.ts";
import { formatShape, numel, type TensorType } from "./type.ts";

/** A host tensor: dtype, bound shape, and a typed array with one element a value, row-major. */
export interface Tensor<D extends DType = DType> extends TensorType {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataOf[D];
}

/**
 * A tensor around `data` (not copied).
 * @throws ShapeError when a size is not a whole number >= 0 or the data has another length than the shape asks for.
 */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DataOf[D] | readonly number[]): Tensor<D> {
  const where = nameOf(dtype, shape);
  expectSizes(where, shape);
  if (data.length !== numel(shape))
    throw new ShapeError({
      code: "length-mismatch",
      where,
      problem: "the data does not fill the shape",
      expected: `${numel(shape)} values`,
      got: `${data.length}`,
    });
  if (Array.isArray(data)) {
    const copy = allocate(dtype, data.length, where);
    copy.set(data as number[]);
    return { dtype, shape, data: copy };
  }
  if (!isDataOf(dtype, data))
    throw new DTypeError({
      code: "dtype-mismatch",
      where,
      problem: "the data is of another element type",
      expected: dtype,
      got: (data as Data).constructor.name,
    });
  return { dtype, shape, data };
}

/** @throws ShapeError for sizes that are none, or too many elements; OutOfMemoryError where the host has no room for them */
export function zeros<D extends DType>(dtype: D, shape: readonly number[], where = nameOf(dtype, shape)): Tensor<D> {
  expectSizes(where, shape);
  return { dtype, shape, data: allocate(dtype, numel(shape), where) };
}

/** The tensor whose element i, row-major, is `of(i)`. @throws as zeros */
export function filled<D extends DType>(dtype: D, shape: readonly number[], of: (i: number) => number, where?: string): Tensor<D> {
  const t = zeros(dtype, shape, where);
  for (let i = 0; i < t.data.length; i++) t.data[i] = of(i);
  return t;
}

/** A tensor with memory of its own. @throws OutOfMemoryError */
export function copyOf<T extends Tensor>(t: T): T {
  return { ...t, data: allocated(nameOf(t.dtype, t.shape), t.data.byteLength, () => t.data.slice()) };
}

const nameOf = (dtype: DType, shape: readonly number[]): string => `tensor ${dtype} ${formatShape(shape)}`;

function expectSizes(where: string, shape: readonly number[]): void {
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0))
    throw new ShapeError({ code: "bad-shape", where, problem: "sizes must be whole numbers, 0 or more", got: formatShape(shape) });
}

/** A rank-1 tensor with one element: how scalars (scale, zero point, learning rate) travel through a graph. */
export const scalar = <D extends DType>(dtype: D, value: number): Tensor<D> => tensor(dtype, [1], [value]);
