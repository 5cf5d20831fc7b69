/**
 * y = x in another shape (as in PyTorch and ONNX). Any dtype; the elements and their order stay. An entry 0 of `shape` keeps
 * that axis of x, which is how a symbolic leading axis stays; one entry may be -1: what is left. GPU memory as in flatten.
 */
import { ShapeError } from "../errors.ts";
import { expectWhole } from "./check.ts";
import type { OpDef } from "./op.ts";
import { repackKernel } from "./repack.ts";
import { copyOf, formatShape, formatType, sizes, type Dim, type Shape, type TensorType } from "../tensor/index.ts";

export type ReshapeAttrs = { readonly shape: readonly number[] };

const fixedProduct = (shape: readonly Dim[]): number => shape.reduce<number>((p, d) => (typeof d === "number" ? p * d : p), 1);

function newShape(x: TensorType, { shape }: ReshapeAttrs, where: string): Shape {
  const fail = (): never => {
    throw new ShapeError({
      code: "shape-mismatch",
      where,
      problem: "x does not fit the shape",
      expected: "as many elements as x has; a symbolic axis kept by 0 or -1 in front",
      got: `shape ${formatShape(shape)}, x ${formatType(x)}`,
    });
  };
  shape.forEach((d) => expectWhole(where, "shape", d, -1));
  const kept = shape.map((d, i): Dim => (d === 0 ? (x.shape[i] ?? fail()) : d));
  const open = kept.indexOf(-1);
  if (open !== kept.lastIndexOf(-1)) fail();
  // Symbols must be the same on both sides; what is left for -1 is the number that fits, or the symbol itself.
  const symbols = x.shape.filter((d) => typeof d !== "number");
  const given = kept.filter((d) => typeof d !== "number");
  const others = fixedProduct(kept.filter((_, i) => i !== open));
  const left = fixedProduct(x.shape) / others;
  if (open >= 0) {
    if (!Number.isInteger(left)) fail();
    kept[open] = symbols.length > given.length && open === 0 && left === 1 ? symbols[0]! : left;
  } else if (left !== 1 && !(fixedProduct(x.shape) === 0 && others === 0)) fail();
  if (kept.filter((d) => typeof d !== "number").length !== symbols.length) fail();
  return kept;
}

export const reshape: OpDef<ReshapeAttrs> = {
  name: "reshape",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",

  infer: ({ x }, attrs, where) => ({ y: { dtype: x!.dtype, shape: newShape(x!, attrs, where) } }),

  reference: ({ x }, attrs) => ({ y: copyOf({ ...x!, shape: sizes(newShape(x!, attrs, "reshape")) }) }),

  grad(b, { inputs }, { y: dy }) {
    const shape = b.type(inputs.x!).shape.map((d) => (typeof d === "number" ? d : 0));
    return { x: dy ? b.emit(reshape, { x: dy }, { shape }).y! : null };
  },

  lower(b, { name, attrs }, q) {
    const { value, qparams } = q.input("x");
    return { value: b.emit(reshape, { x: value }, attrs, name).y!, qparams };
  },

  kernel: ({ x }, attrs, device) => repackKernel(x!, newShape(x!, attrs, "reshape"), device),
};
