/** Flattened images in front of a matrix product: the weights' columns are permuted, so that the image stays as it lies. */
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { transpose } from "../ops/transpose.ts";
import { numel, sizes, tensor, type Tensor } from "../tensor/index.ts";
import type { Context } from "./context.ts";
import { isReshaped, keepsOrder, type Operand } from "./operand.ts";
import type { OnnxTensor } from "./tensor.ts";

/** How x [n, k] lies in memory: [n, ...pixels] whose order is not that of ONNX; undefined where it does not. */
function pixelsOf(x: Operand): { readonly value: Value; readonly order: readonly number[]; readonly sizes: readonly number[] } | undefined {
  const { made } = x;
  if (!made || !isReshaped(x) || keepsOrder(made.from, made.axes)) return undefined;
  if (made.axes[0] !== 0 || made.from[0] !== x.shape[0] || x.shape.length !== 2) return undefined;
  const pixels = made.from.slice(1);
  if (!pixels.every((d) => typeof d === "number")) return undefined;
  return { value: made.value, order: made.axes.slice(1).map((a) => a - 1), sizes: pixels };
}

/**
 * x [n, k] and the weight [out, k] for a linear layer: of a known w with its axes in the order `axes`, whose columns are put
 * into the order of a flattened image.
 */
export function asRows(c: Context, x: Operand, w: Operand, axes: readonly number[]): { readonly x: Value; readonly weight: Value } {
  const pixels = pixelsOf(x);
  const k = axes[1] === 1 ? 1 : 0;
  if (!pixels || !w.known || numel(pixels.sizes) !== w.known.shape[k]) return { x: c.value(x), weight: c.parameter(w, axes) };
  const columns = numel(pixels.sizes);
  const rows = c.emit(reshape, { x: pixels.value }, { shape: [0, columns] }, "rows").y!;
  return { x: rows, weight: c.parameter(withColumns(c, w, axes, pixels)) };
}

/** w [out, k] with the columns in memory's order, as an operand of its own. */
function withColumns(
  c: Context,
  w: Operand,
  axes: readonly number[],
  { order, sizes: pixels }: { order: readonly number[]; sizes: readonly number[] },
): Operand {
  const rows = c.contents(w, axes);
  const apart = tensor(rows.dtype, [rows.shape[0]!, ...pixels], rows.data) as Tensor;
  const moved = transpose.reference({ x: apart }, { permutation: [0, ...order.map((a) => a + 1)] }).y!;
  const known: OnnxTensor = { type: w.type, shape: sizes(rows.shape), data: moved.data as OnnxTensor["data"] };
  return { name: w.name, type: w.type, shape: known.shape, known, isInitializer: w.isInitializer };
}
