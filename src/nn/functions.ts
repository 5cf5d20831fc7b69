/** Functions of traced values, for use inside a module: `(x) => nn.add(x, block(x))`. */
import { add as addOp } from "../ops/add.ts";
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

/** The mean over some axes, which keepDim leaves in place with size 1. */
export const mean = (x: Traced, { axes, keepDim = false }: { readonly axes: readonly number[]; readonly keepDim?: boolean }): Traced =>
  x.trace.scope.child("mean").emit(meanOp, { x }, { axes, keepDim });
