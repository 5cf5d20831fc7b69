/**
 * y = x with the axes startDim to endDim merged into one (both counted as in PyTorch, negative from the end). Any dtype;
 * the elements and their order stay. In GPU memory nothing is computed where the storage rule gives both shapes the same
 * words; packed types whose innermost axis is not a multiple of 4 are repacked, since their rows lose their padding.
 */
import { repackKernel } from "./repack.ts";
import { ShapeError } from "../errors.ts";
import { fixedDim } from "./check.ts";
import type { OpDef } from "./op.ts";
import { copyOf, formatType, sizes, type Shape, type TensorType } from "../tensor/index.ts";
import { unflatten } from "./unflatten.ts";

export type FlattenAttrs = { readonly startDim: number; readonly endDim: number };

/** First and last merged axis. @throws ShapeError */
function mergedAxes(x: TensorType, { startDim, endDim }: FlattenAttrs, where: string): readonly [number, number] {
  const rank = x.shape.length;
  const [start, end] = [startDim, endDim].map((d) => (d < 0 ? d + rank : d)) as [number, number];
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start > end || end >= rank)
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "startDim and endDim must be axes of x in this order",
      expected: `-${rank} to ${rank - 1}`,
      got: `startDim ${startDim}, endDim ${endDim}, x ${formatType(x)}`,
    });
  return [start, end];
}

function flatShape(x: TensorType, attrs: FlattenAttrs, where: string): Shape {
  const [start, end] = mergedAxes(x, attrs, where);
  // A single axis may stay symbolic: merging it with nothing changes nothing.
  if (start === end) return x.shape;
  let size = 1;
  for (let axis = start; axis <= end; axis++) size *= fixedDim(where, "x", x, axis);
  return [...x.shape.slice(0, start), size, ...x.shape.slice(end + 1)];
}

export const flatten: OpDef<FlattenAttrs> = {
  name: "flatten",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  defaults: { startDim: 1, endDim: -1 },

  infer: ({ x }, attrs, where) => ({ y: { dtype: x!.dtype, shape: flatShape(x!, attrs, where) } }),

  reference: ({ x }, attrs) => ({ y: copyOf({ ...x!, shape: sizes(flatShape(x!, attrs, "flatten")) }) }),

  grad(b, { inputs, attrs }, { y: dy }) {
    const x = b.type(inputs.x!);
    const [start, end] = mergedAxes(x, attrs, "flatten");
    if (!dy || start === end) return { x: dy ?? null };
    return { x: b.emit(unflatten, { x: dy }, { dim: start, sizes: sizes(x.shape.slice(start, end + 1)) }).y! };
  },

  lower(b, { name, attrs }, q) {
    const { value, qparams } = q.input("x");
    return { value: b.emit(flatten, { x: value }, attrs, name).y!, qparams };
  },

  kernel: ({ x }, attrs, device) => repackKernel(x!, flatShape(x!, attrs, "flatten"), device),
};
