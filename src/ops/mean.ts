/**
 * y = the mean of x over `axes`; keepDim leaves them with size 1, else they are gone. x f32 of up to 6 axes. The reference
 * sums in f64 and rounds once; kernels sum in a fixed order and multiply by 1 / count.
 */
import { broadcastStrides, forEachRow } from "./broadcast.ts";
import { f32Data, f64Zeros } from "./host.ts";
import { meanBackward } from "./meanBackward.ts";
import { lowerMean } from "./qmean.ts";
import type { OpDef } from "./op.ts";
import { inferMean, reducedAxes, type MeanAttrs } from "./reduction.ts";
import { sumVariants } from "./sumToSize.ts";
import { filled, sizes } from "../tensor/index.ts";

export const mean: OpDef<MeanAttrs> = {
  name: "mean",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "own",
  defaults: { keepDim: false },

  infer: ({ x }, attrs, where) => ({ y: inferMean(x!, attrs, where, "f32").y }),

  reference({ x }, attrs) {
    const { y, keptShape, count } = inferMean(x!, attrs, "mean", "f32");
    const [from, to, data] = [sizes(x!.shape), sizes(keptShape), f32Data(x)];
    const sums = f64Zeros(to);
    const strides = broadcastStrides(to, from);
    const [inner, step] = [from.at(-1)!, strides.at(-1)!];
    forEachRow(from, [strides], (row, [offset]) => {
      for (let i = 0; i < inner; i++) sums[offset! + i * step]! += data[row + i]!;
    });
    return { y: filled("f32", sizes(y.shape), (i) => sums[i]! / count) };
  },

  grad(b, { inputs, attrs }, { y: dy }) {
    if (!dy) return { x: null };
    const { shape } = b.type(inputs.x!);
    const axes = reducedAxes("mean", "x", shape.length, attrs.axes);
    return { x: b.emit(meanBackward, { dy }, { axes, sizes: sizes(axes.map((a) => shape[a]!)), keepDim: attrs.keepDim }).dx! };
  },

  lower: lowerMean,

  kernel({ x }, attrs, device) {
    const { keptShape, count } = inferMean(x!, attrs, "mean", "f32");
    return sumVariants(sizes(x!.shape), sizes(keptShape), 1 / count, device);
  },
};
