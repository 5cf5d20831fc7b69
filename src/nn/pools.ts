/** Pools: PyTorch's names and defaults; images are NHWC. */
import { adaptiveAvgPool2d as adaptiveAvgPool2dOp } from "../ops/adaptiveAvgPool2d.ts";
import { avgPool2d as avgPool2dOp } from "../ops/avgPool2d.ts";
import { globalAvgPool2d as globalAvgPool2dOp } from "../ops/globalAvgPool2d.ts";
import { maxPool2d as maxPool2dOp } from "../ops/maxPool2d.ts";
import { define, type Module } from "./module.ts";
import { expectFlag, expectSizes, refuse, windowAttrs, type Padding, type Pair } from "./sizes.ts";

export interface PoolOptions {
  /** Default: the kernel. */
  readonly stride?: Pair;
  /** At most half of the kernel. */
  readonly padding?: Padding;
  /** A last window that sticks out of the image counts. */
  readonly ceilMode?: boolean;
}

/** The maximum of each window; padding never wins. */
export function maxPool2d(
  kernel: Pair,
  { stride = kernel, padding = 0, dilation = 1, ceilMode = false }: PoolOptions & { readonly dilation?: Pair } = {},
): Module {
  const attrs = windowAttrs("nn.maxPool2d", { kernel, stride, padding, dilation });
  expectFlag("nn.maxPool2d", "ceilMode", ceilMode);
  return define((scope) => (x) => scope.emit(maxPool2dOp, { x }, { ...attrs, ceilMode }));
}

export interface AvgPool2dOptions extends PoolOptions {
  /** Padding counts as zeros; else only what lies in the image does. */
  readonly countIncludePad?: boolean;
  /** Divide each sum by this instead of by the count. */
  readonly divisorOverride?: number | null;
}

/** The mean of each window. */
export function avgPool2d(
  kernel: Pair,
  { stride = kernel, padding = 0, ceilMode = false, countIncludePad = true, divisorOverride = null }: AvgPool2dOptions = {},
): Module {
  const attrs = windowAttrs("nn.avgPool2d", { kernel, stride, padding });
  expectFlag("nn.avgPool2d", "ceilMode", ceilMode);
  expectFlag("nn.avgPool2d", "countIncludePad", countIncludePad);
  if (divisorOverride !== null && !(Number.isSafeInteger(divisorOverride) && divisorOverride >= 1))
    refuse("nn.avgPool2d", "divisorOverride must be a whole number or null", "at least 1", divisorOverride);
  return define((scope) => (x) => scope.emit(avgPool2dOp, { x }, { ...attrs, ceilMode, countIncludePad, divisorOverride }));
}

/** [n, h, w, c] -> [n, 1, 1, c]: the mean of each channel. */
export const globalAvgPool2d = (): Module => define((scope) => (x) => scope.emit(globalAvgPool2dOp, { x }));

/** [n, h, w, c] -> [n, outputSize, c]: windows as even as they can be, all of the image in one of them. */
export function adaptiveAvgPool2d(outputSize: Pair): Module {
  const { outputSize: size } = { outputSize: windowAttrs("nn.adaptiveAvgPool2d", { kernel: outputSize }).kernel };
  expectSizes("nn.adaptiveAvgPool2d", { outputSize: size }, 1);
  return define((scope) => (x) => scope.emit(adaptiveAvgPool2dOp, { x }, { outputSize: size }));
}
