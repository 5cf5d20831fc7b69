/**
 * y = x summed to `shape`, the adjoint of broadcasting: shapes are aligned at the right, axes of size 1 in `shape` and
 * the leading axes that it lacks are summed over. -1 in `shape` keeps the axis of x, which may be symbolic. x f32. The
 * reference sums in f64 and rounds once.
 */
import { ShapeError } from "../errors.ts";
import { broadcastStrides, forEachRow } from "./broadcast.ts";
import { expectDType } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { formatShape, formatType, sizes, type Shape, type TensorType } from "../tensor/index.ts";

export type SumToSizeAttrs = { readonly shape: readonly number[] };

/** The `shape` attribute that sums x of shape `from` to shape `to`. */
export const sumToSizeOf = (from: Shape, to: Shape): readonly number[] =>
  to.map((d, i) => (d === from[i + from.length - to.length] ? -1 : typeof d === "number" ? d : -1));

function outputType(x: TensorType, { shape }: SumToSizeAttrs, where: string): TensorType {
  const lead = x.shape.length - shape.length;
  const fits = lead >= 0 && shape.every((d, i) => d === -1 || d === 1 || d === x.shape[i + lead]);
  if (!fits)
    throw new ShapeError({
      code: "broadcast-mismatch",
      where,
      problem: "x cannot be summed to this shape",
      expected: "for each axis, aligned at the right: x's size, 1 or -1",
      got: `x ${formatType(x)}, shape ${formatShape(shape)}`,
    });
  return { dtype: "f32", shape: shape.map((d, i) => (d === -1 ? x.shape[i + lead]! : d)) };
}

export const sumToSize: OpDef<SumToSizeAttrs> = {
  name: "sumToSize",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "float",

  infer({ x }, attrs, where) {
    expectDType(where, "x", x!, "f32");
    return { y: outputType(x!, attrs, where) };
  },

  reference(t, attrs) {
    const [from, to] = [sizes(t.x!.shape), sizes(outputType(t.x!, attrs, "sumToSize").shape)];
    const [x, sums] = [f32Data(t.x), f64Zeros(to)];
    const strides = broadcastStrides(to, from);
    const inner = from.at(-1) ?? 1;
    const step = strides.at(-1) ?? 0;
    forEachRow(from, [strides], (row, [offset]) => {
      for (let i = 0; i < inner; i++) sums[offset! + i * step]! += x[row + i]!;
    });
    return { y: rounded(to, sums) };
  },

  kernel: () => [],
};
