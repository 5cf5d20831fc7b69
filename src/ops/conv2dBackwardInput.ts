/**
 * The gradient of conv2d in its input: dx[n, iy, ix, i] = sum over o and the taps (ky, kx) with iy = oy*sh - top + ky and
 * ix = ox*sw - left + kx of dy[n, oy, ox, o] * weight[o, ky, kx, i]. dy f32 [n, oh, ow, oc], weight [oc, kh, kw, ic],
 * dx [n, h, w, ic] with [h, w] = inputSize. The reference sums in f64 and rounds once.
 */
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { sizes, type TensorType } from "../tensor/index.ts";
import { conv2dWindow, expectList, forEachTap, windowOutput } from "./window.ts";

export type Conv2dBackwardInputAttrs = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  /** [h, w] of the convolution's input. */
  readonly inputSize: readonly number[];
};

export const conv2dBackwardInput: OpDef<Conv2dBackwardInputAttrs> = {
  name: "conv2dBackwardInput",
  inputs: ["dy", "weight"],
  outputs: ["dx"],
  quantization: "float",
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0] },

  infer(types, attrs, where) {
    const { dy, weight } = types as Record<string, TensorType>;
    expectDType(where, "dy", dy!, "f32");
    expectDType(where, "weight", weight!, "f32");
    expectRank(where, "dy", dy!, 4, "[n, oh, ow, oc]");
    expectRank(where, "weight", weight!, 4, "[oc, kh, kw, ic]");
    expectList(where, "inputSize", attrs.inputSize, "height, width", 1);
    const dx: TensorType = { dtype: "f32", shape: [dy!.shape[0]!, ...attrs.inputSize, fixedDim(where, "weight", weight!, 3)] };
    const [oh, ow] = windowOutput(where, dx, conv2dWindow(weight!, attrs));
    expectShape(where, "dy", dy!, [dy!.shape[0]!, oh, ow, weight!.shape[0]!], "must have the shape of the convolution's output");
    return { dx };
  },

  reference(t, attrs) {
    const [oc, kh, kw, ic] = t.weight!.shape as [number, number, number, number];
    const shape = [t.dy!.shape[0]!, ...attrs.inputSize, ic];
    const [g, w, sums] = [f32Data(t.dy), f32Data(t.weight), f64Zeros(shape)];
    const stride = kh * kw * ic;
    forEachTap(shape, sizes(t.dy!.shape), conv2dWindow(t.weight!, attrs), (pixel, to, tap) => {
      for (let o = 0, k = tap * ic; o < oc; o++, k += stride) {
        const d = g[pixel * oc + o]!;
        for (let i = 0; i < ic; i++) sums[to + i]! += d * w[k + i]!;
      }
    });
    return { dx: rounded(shape, sums) };
  },

  kernel: () => [],
};
