import type { DType } from "./dtype.ts";

/** A size, or the name of one that is bound when a graph is compiled: `"n"`. */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** What is known of a tensor before it has contents. Shapes are NHWC for images, OHWI for convolution weights. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export const type = (dtype: DType, shape: Shape): TensorType => ({ dtype, shape });
export const f32 = (shape: Shape): TensorType => type("f32", shape);
export const i32 = (shape: Shape): TensorType => type("i32", shape);
export const u32 = (shape: Shape): TensorType => type("u32", shape);
export const i8 = (shape: Shape): TensorType => type("i8", shape);
export const u8 = (shape: Shape): TensorType => type("u8", shape);

export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;
export const formatType = (t: TensorType): string => `${t.dtype} ${formatShape(t.shape)}`;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);
export const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** The sizes of a shape in which nothing is symbolic any more. */
export function sizes(shape: Shape): readonly number[] {
  for (const d of shape) if (typeof d !== "number") throw new TypeError(`shape ${formatShape(shape)} is not bound: ${d} is symbolic`);
  return shape as readonly number[];
}

/** Number of elements of a bound shape; 1 for rank 0. */
export const numel = (shape: Shape): number => sizes(shape).reduce((a, b) => a * b, 1);

/** The shape with every symbolic size replaced by its value. */
export const bindShape = (shape: Shape, sizes: Readonly<Record<string, number>>): Shape =>
  shape.map((d) => (typeof d === "string" && Object.hasOwn(sizes, d) ? sizes[d]! : d));
