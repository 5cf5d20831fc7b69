/** Functions of traced values, for use inside a module: `(x) => nn.add(x, block(x))`. */
import { UsageError } from "../errors.ts";
import { add as addOp } from "../ops/add.ts";
import { concat as concatOp } from "../ops/concat.ts";
import { div as divOp } from "../ops/div.ts";
import { matmul as matmulOp } from "../ops/matmul.ts";
import { mean as meanOp } from "../ops/mean.ts";
import { mul as mulOp } from "../ops/mul.ts";
import { sub as subOp } from "../ops/sub.ts";
import type { Traced } from "./module.ts";

/** a + b, either side broadcast. */
export const add = (a: Traced, b: Traced): Traced => a.trace.scope.child("add").emit(addOp, { a, b });
/** a - b, either side broadcast. */
export const sub = (a: Traced, b: Traced): Traced => a.trace.scope.child("sub").emit(subOp, { a, b });
/** a * b, either side broadcast. */
export const mul = (a: Traced, b: Traced): Traced => a.trace.scope.child("mul").emit(mulOp, { a, b });
/** a / b, either side broadcast. */
export const div = (a: Traced, b: Traced): Traced => a.trace.scope.child("div").emit(divOp, { a, b });
/** The products of the matrices in the two last axes, leading axes broadcast. */
export const matmul = (a: Traced, b: Traced): Traced => a.trace.scope.child("matmul").emit(matmulOp, { a, b });

/** Inputs of one node; a kernel binds no more. */
const WIDTH = concatOp.inputs.length;

/** One behind the other along `axis`, by default the channels (-1). More than a node takes are joined by several. */
export function concat(values: readonly Traced[], { axis = -1 }: { readonly axis?: number } = {}): Traced {
  const [first, ...more] = values;
  if (!first)
    throw new UsageError({ code: "no-values", where: "nn.concat", problem: "there is nothing to join", expected: "one value or more" });
  const scope = first.trace.scope.child("concat");
  let joined = first;
  for (let i = 0; i < more.length; i += WIDTH - 1) {
    const parts = [joined, ...more.slice(i, i + WIDTH - 1)];
    joined = scope.emit(concatOp, Object.fromEntries(parts.map((x, k) => [`x${k}`, x])), { axis });
  }
  return joined;
}

/** The mean over some axes, which keepDim leaves in place with size 1. */
export const mean = (x: Traced, { axes, keepDim = false }: { readonly axes: readonly number[]; readonly keepDim?: boolean }): Traced =>
  x.trace.scope.child("mean").emit(meanOp, { x }, { axes, keepDim });
