/** Layers that move values without changing them. */
import { flatten as flattenOp } from "../ops/flatten.ts";
import { reshape as reshapeOp } from "../ops/reshape.ts";
import { transpose } from "../ops/transpose.ts";
import { upsampleNearest2d as upsampleNearest2dOp } from "../ops/upsampleNearest2d.ts";
import { define, type Module } from "./module.ts";
import { refuse, windowAttrs, type Pair } from "./sizes.ts";

/** Merges the axes from startDim to endDim: [n, h, w, c] -> [n, h * w * c]. */
export const flatten = ({ startDim = 1, endDim = -1 }: { readonly startDim?: number; readonly endDim?: number } = {}): Module =>
  define((scope) => (x) => scope.emit(flattenOp, { x }, { startDim, endDim }));

/** 0 keeps an axis of the input (the batch), one -1 takes what remains. */
export function reshape(shape: readonly number[]): Module {
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= -1) || shape.filter((d) => d === -1).length > 1)
    refuse("nn.reshape", "shape must hold whole numbers", "sizes, 0 to keep one, at most one -1", shape);
  return define((scope) => (x) => scope.emit(reshapeOp, { x }, { shape }));
}

/** Axis i of the result is axis dims[i] of the input. */
export function permute(dims: readonly number[]): Module {
  if ([...dims].sort((a, b) => a - b).some((d, i) => d !== i))
    refuse("nn.permute", "dims must name every axis once", "a permutation of 0, 1, ...", dims);
  return define((scope) => (x) => scope.emit(transpose, { x }, { permutation: dims }));
}

/** Every pixel `scale` times in each direction. */
export function upsampleNearest2d(scale: Pair): Module {
  const { kernel } = windowAttrs("nn.upsampleNearest2d", { kernel: scale });
  return define((scope) => (x) => scope.emit(upsampleNearest2dOp, { x }, { scale: kernel }));
}
