/**
 * The gradient of conv2d in its weight: dweight[o, ky, kx, i] = sum over n, oy, ox of
 * dy[n, oy, ox, o] * x[n, oy*sh - top + ky, ox*sw - left + kx, i], zeros outside the image. x f32 [n, h, w, ic],
 * dy [n, oh, ow, oc], dweight [oc, kh, kw, ic] with [kh, kw] = kernel. The reference sums in f64 and rounds once.
 */
import { expectDType, expectRank, expectShape, fixedDim } from "./check.ts";
import { f32Data, f64Zeros, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { sizes, type TensorType } from "../tensor/index.ts";
import { forEachTap, windowOutput } from "./window.ts";

export type Conv2dBackwardWeightAttrs = {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  /** [kh, kw] */
  readonly kernel: readonly number[];
};

export const conv2dBackwardWeight: OpDef<Conv2dBackwardWeightAttrs> = {
  name: "conv2dBackwardWeight",
  inputs: ["x", "dy"],
  outputs: ["dweight"],
  quantization: "float",
  defaults: { stride: [1, 1], padding: [0, 0, 0, 0] },

  infer(types, attrs, where) {
    const { x, dy } = types as Record<string, TensorType>;
    expectDType(where, "x", x!, "f32");
    expectDType(where, "dy", dy!, "f32");
    expectRank(where, "x", x!, 4, "[n, h, w, c]");
    expectRank(where, "dy", dy!, 4, "[n, oh, ow, oc]");
    const [oh, ow] = windowOutput(where, x!, attrs);
    const oc = fixedDim(where, "dy", dy!, 3);
    expectShape(where, "dy", dy!, [x!.shape[0]!, oh, ow, oc], "must have the shape of the convolution's output");
    return { dweight: { dtype: "f32", shape: [oc, ...attrs.kernel, fixedDim(where, "x", x!, 3)] } };
  },

  reference(t, attrs) {
    const [oc, ic] = [t.dy!.shape[3]!, t.x!.shape[3]!];
    const shape = [oc, ...attrs.kernel, ic];
    const [g, x, sums] = [f32Data(t.dy), f32Data(t.x), f64Zeros(shape)];
    const stride = sums.length / oc;
    forEachTap(t.x!.shape, sizes(t.dy!.shape), attrs, (pixel, from, tap) => {
      for (let o = 0, k = tap * ic; o < oc; o++, k += stride) {
        const d = g[pixel * oc + o]!;
        for (let i = 0; i < ic; i++) sums[k + i]! += d * x[from + i]!;
      }
    });
    return { dweight: rounded(shape, sums) };
  },

  kernel: () => [],
};
