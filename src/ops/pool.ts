/** What maxPool2d, its gradient and its integer form share. */
import { ShapeError } from "../errors.ts";
import { expectDType, expectRank } from "./check.ts";
import type { DType, TensorType } from "../tensor/index.ts";
import { forEachTap, windowOutput } from "./window.ts";

export type MaxPool2dAttrs = {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
};

/**
 * Type of y for x [n, h, w, c] of one of these dtypes.
 * @throws ShapeError | DTypeError; ShapeError also where a window could lie in the padding alone.
 */
export function inferMaxPool2d(x: TensorType, attrs: MaxPool2dAttrs, where: string, ...dtypes: readonly DType[]): TensorType {
  expectDType(where, "x", x, ...dtypes);
  expectRank(where, "x", x, 4, "[n, h, w, c]");
  const [oh, ow] = windowOutput(where, x, attrs);
  for (const side of [0, 1, 2, 3])
    if (attrs.padding[side]! >= attrs.kernel[side >> 1]!)
      throw new ShapeError({
        code: "bad-attribute",
        where,
        problem: "a window could lie in the padding alone",
        expected: `padding [top, bottom, left, right] smaller than the kernel [${attrs.kernel.join(", ")}]`,
        got: `[${attrs.padding.join(", ")}]`,
      });
  return { dtype: x.dtype, shape: [x.shape[0]!, oh, ow, x.shape[3]!] };
}

/** Calls `visit(output element, input element)` for the first maximum, in row-major window order, of each window. */
export function forEachMaximum(
  x: Float32Array,
  from: readonly number[],
  to: readonly number[],
  attrs: MaxPool2dAttrs,
  visit: (y: number, x: number) => void,
): void {
  const c = from[3]!;
  const best = new Int32Array(to.reduce((p, d) => p * d, 1)).fill(-1);
  forEachTap(from, to, attrs, (pixel, offset) => {
    for (let i = 0, o = pixel * c; i < c; i++, o++) {
      const at = best[o]!;
      // NaN > v and v > NaN are false, so NaN wins by its own test and keeps its place.
      if (at < 0 || x[offset + i]! > x[at]! || (x[offset + i] !== x[offset + i] && x[at] === x[at])) best[o] = offset + i;
    }
  });
  best.forEach((at, o) => visit(o, at));
}

/** The kernels' Params for x [n, h, w, c] and y [n, oh, ow, c], but for the number of threads. */
export function poolParams(from: readonly number[], to: readonly number[], { kernel, stride, padding }: MaxPool2dAttrs) {
  return {
    height: to[1]!,
    width: to[2]!,
    inHeight: from[1]!,
    inWidth: from[2]!,
    channels: from[3]!,
    kernelY: kernel[0]!,
    kernelX: kernel[1]!,
    strideY: stride[0]!,
    strideX: stride[1]!,
    top: padding[0]!,
    left: padding[2]!,
  };
}

/** The pool of 2 x 2 pixels side by side without padding, for which there are kernels without loops. */
export const isPairs = ({ kernel, stride, padding }: MaxPool2dAttrs): boolean =>
  [...kernel, ...stride].every((v) => v === 2) && padding.every((v) => v === 0);
