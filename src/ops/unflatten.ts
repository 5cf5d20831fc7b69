/**
 * y = x with axis `dim` split into `sizes` (as in PyTorch): what flatten merges, unflatten takes apart. Any dtype; the
 * elements and their order stay. GPU memory as in flatten.
 */
import { ShapeError } from "../errors.ts";
import { expectWhole } from "./check.ts";
import { flatten } from "./flatten.ts";
import type { OpDef } from "./op.ts";
import { repackKernel } from "./repack.ts";
import { copyOf, formatShape, formatType, sizes as bound, type Shape, type TensorType } from "../tensor/index.ts";

export type UnflattenAttrs = { readonly dim: number; readonly sizes: readonly number[] };

function splitShape(x: TensorType, { dim, sizes }: UnflattenAttrs, where: string): Shape {
  const axis = dim < 0 ? dim + x.shape.length : dim;
  sizes.forEach((d) => expectWhole(where, "sizes", d, 1));
  if (sizes.length === 0 || x.shape[axis] !== sizes.reduce((p, d) => p * d, 1))
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: `axis ${dim} of x cannot be split`,
      expected: `${x.shape[axis] ?? "an axis of x"} as the product of sizes`,
      got: `sizes ${formatShape(sizes)}, x ${formatType(x)}`,
    });
  return [...x.shape.slice(0, axis), ...sizes, ...x.shape.slice(axis + 1)];
}

export const unflatten: OpDef<UnflattenAttrs> = {
  name: "unflatten",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",

  infer: ({ x }, attrs, where) => ({ y: { dtype: x!.dtype, shape: splitShape(x!, attrs, where) } }),

  reference: ({ x }, attrs) => ({ y: copyOf({ ...x!, shape: bound(splitShape(x!, attrs, "unflatten")) }) }),

  grad(b, { inputs, attrs }, { y: dy }) {
    const axis = attrs.dim < 0 ? attrs.dim + b.type(inputs.x!).shape.length : attrs.dim;
    return { x: dy ? b.emit(flatten, { x: dy }, { startDim: axis, endDim: axis + attrs.sizes.length - 1 }).y! : null };
  },

  lower(b, { name, attrs }, q) {
    const { value, qparams } = q.input("x");
    return { value: b.emit(unflatten, { x: value }, attrs, name).y!, qparams };
  },

  kernel: ({ x }, attrs, device) => repackKernel(x!, splitShape(x!, attrs, "unflatten"), device),
};
