/**
 * A value of an ONNX graph while it is imported. ONNX sees `shape`; what has been emitted for it, `made`, may lie in memory
 * otherwise: axis i of the emitted value is axis axes[i] of `from`, and `shape` is `from` or a reshape of it. So an image stays
 * NHWC from one convolution to the next, a Transpose emits nothing, and a Flatten between a convolution and a Gemm is done on
 * the weights. Where an operator needs memory in a certain order, `Importer.value` transposes and reshapes.
 */
import type { Value } from "../ops/op.ts";
import { sameShape, type Shape } from "../tensor/index.ts";
import type { ElementType } from "./elements.ts";
import type { OnnxTensor } from "./tensor.ts";

export interface Operand {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** Contents, where they are known when the model is loaded. */
  readonly known?: OnnxTensor;
  /** Known because the file has it, not because it was computed: what training may change. */
  readonly isInitializer?: boolean;
  readonly made?: Made;
  /** A zero point that is computed with each run, as the ops of a graph take it: i32 [1]. */
  readonly zeroPoint?: Value;
}

export interface Made {
  readonly value: Value;
  readonly axes: readonly number[];
  readonly from: Shape;
}

/** Axes as ONNX has them. */
export const inOrder = (rank: number): readonly number[] => Array.from({ length: rank }, (_, i) => i);

/** NHWC for a rank of 4, NWC for 3: [0, 2, .., 1]. */
export const channelsLast = (rank: number): readonly number[] => (rank < 3 ? inOrder(rank) : [0, ...inOrder(rank).slice(2), 1]);

export const permuted = (shape: Shape, axes: readonly number[]): Shape => axes.map((a) => shape[a]!);

/** The permutation that leads from one order of axes to another. */
export const between = (from: readonly number[], to: readonly number[]): readonly number[] => to.map((a) => from.indexOf(a));

export const isIdentity = (axes: readonly number[]): boolean => axes.every((a, i) => a === i);

/** Whether elements lie in memory in the order that ONNX counts them: only axes of size 1 changed places. */
export const keepsOrder = (from: Shape, axes: readonly number[]): boolean =>
  axes.filter((a) => from[a] !== 1).every((a, i, all) => i === 0 || all[i - 1]! < a);

/** Whether ONNX's shape is another one than that which was permuted. */
export const isReshaped = (x: Operand): boolean => x.made !== undefined && !sameShape(x.made.from, x.shape);

/** The attribute of dot4's reshape for this shape: a symbolic axis is kept in its place. */
export const reshapeTo = (shape: Shape): readonly number[] => shape.map((d) => (typeof d === "number" ? d : 0));

/** The operand in another shape of as many elements. */
export const withShape = (x: Operand, shape: Shape): Operand => ({
  ...x,
  shape,
  ...(x.known && { known: { ...x.known, shape: shape as readonly number[] } }),
});
