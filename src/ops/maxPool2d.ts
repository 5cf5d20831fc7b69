/**
 * y[n, oy, ox, c] = the maximum of x over the window; padding never wins, NaN always does. x f32 [n, h, w, c], y
 * [n, oh, ow, c]; padding is [top, bottom, left, right], each smaller than the kernel, so that every window holds at least
 * one value. The gradient goes to the first maximum in row-major order (PyTorch).
 */
import { ShapeError } from "../errors.ts";
import { expectDType, expectRank } from "./check.ts";
import { f32Data } from "./host.ts";
import { maxPool2dBackward } from "./maxPool2dBackward.ts";
import type { OpDef } from "./op.ts";
import { sizes, zeros, type DType, type TensorType } from "../tensor/index.ts";
import { forEachTap, windowOutput } from "./window.ts";

/** Dilation and ceilMode will be attributes with the defaults [1, 1] and false. */
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

export const maxPool2d: OpDef<MaxPool2dAttrs> = {
  name: "maxPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "sharesInput",
  defaults: { padding: [0, 0, 0, 0] },

  infer: ({ x }, attrs, where) => ({ y: inferMaxPool2d(x!, attrs, where, "f32") }),

  reference(t, attrs) {
    const y = zeros("f32", sizes(inferMaxPool2d(t.x!, attrs, "maxPool2d", "f32").shape));
    const [x, out] = [f32Data(t.x), y.data];
    forEachMaximum(x, t.x!.shape, y.shape, attrs, (to, from) => (out[to] = x[from]!));
    return { y };
  },

  grad: (b, { inputs, attrs }, { y: dy }) => ({ x: dy ? b.emit(maxPool2dBackward, { dy, x: inputs.x }, attrs).dx! : null }),

  kernel: () => [],
};
