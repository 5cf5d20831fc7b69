/** Flattened images in front of a matrix product: the weights' columns are permuted, so that the image stays as it lies. */
import { ShapeError } from "../errors.ts";
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { transpose } from "../ops/transpose.ts";
import { formatShape, numel, tensor, type Tensor } from "../tensor/index.ts";
import type { Context } from "./context.ts";
import { isReshaped, keepsOrder, type Operand } from "./operand.ts";
import type { OnnxTensor } from "./tensor.ts";

interface Pixels {
  readonly value: Value;
  readonly order: readonly number[];
  readonly sizes: readonly number[];
}

/** How x [n, k] lies in memory: [n, ...pixels] whose order is not that of ONNX; undefined where it does not. */
function pixelsOf(x: Operand): Pixels | undefined {
  const { made } = x;
  if (!made || !isReshaped(x) || keepsOrder(made.from, made.axes)) return undefined;
  if (made.axes[0] !== 0 || made.from[0] !== x.shape[0] || x.shape.length !== 2) return undefined;
  const pixels = made.from.slice(1);
  if (!pixels.every((d) => typeof d === "number")) return undefined;
  return { value: made.value, order: made.axes.slice(1).map((a) => a - 1), sizes: pixels };
}

/**
 * x [..., k] as a linear layer takes it, and the known weight w, its axes in the order `axes`, [out, k]: where x is a flattened
 * image, with its columns in the order in which that lies.
 * @throws ShapeError where x and w do not fit
 */
export function asRows(
  c: Context,
  x: Operand,
  w: Operand,
  axes: readonly number[],
): { readonly x: Value; readonly weight: Tensor; readonly isMoved: boolean } {
  const weight = c.contents(w, axes);
  const k = weight.shape[1]!;
  if (x.shape.at(-1) !== k)
    throw new ShapeError({
      code: "shape-mismatch",
      where: c.where,
      problem: "the inputs do not fit together",
      expected: `${k} columns`,
      got: formatShape(x.shape),
    });
  const pixels = pixelsOf(x);
  if (!pixels || numel(pixels.sizes) !== k) return { x: c.value(x), weight, isMoved: false };
  const rows = c.emit(reshape, { x: pixels.value }, { shape: [0, k] }, "rows").y!;
  return { x: rows, weight: withColumns(weight, pixels), isMoved: true };
}

/** w [out, k] with its columns in memory's order. */
function withColumns(w: Tensor, { order, sizes }: Pixels): Tensor {
  const apart = { ...w, shape: [w.shape[0]!, ...sizes] } as Tensor;
  const moved = transpose.reference({ x: apart }, { permutation: [0, ...order.map((a) => a + 1)] }).y!;
  return tensor(moved.dtype, w.shape, moved.data);
}

/** The operand with contents in another order, which is how it lies from now on. */
export const withContents = (w: Operand, t: Tensor): Operand => ({
  ...w,
  shape: t.shape,
  known: { type: w.type, shape: t.shape, data: t.data as OnnxTensor["data"] },
});
