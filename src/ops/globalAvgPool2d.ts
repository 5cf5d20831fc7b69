/**
 * y[n, 0, 0, c] = the mean of x over all pixels: the mean over axes 1 and 2 that keeps them. x f32 [n, h, w, c], y
 * [n, 1, 1, c]. The reference sums in f64 and rounds once; kernels sum in a fixed order.
 */
import { adaptiveExtents, averages } from "./average.ts";
import { f32Data, rounded } from "./host.ts";
import { meanBackward } from "./meanBackward.ts";
import { lowerGlobalAvgPool2d } from "./qglobalAvgPool2d.ts";
import type { OpDef } from "./op.ts";
import { inferGlobalAvgPool2d } from "./reduction.ts";
import { sumVariants } from "./sumToSize.ts";
import { sizes } from "../tensor/index.ts";

export const globalAvgPool2d: OpDef = {
  name: "globalAvgPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "own",

  infer: ({ x }, _, where) => ({ y: inferGlobalAvgPool2d(x!, where, "f32").y }),

  reference({ x }) {
    const [image, shape] = [sizes(x!.shape), sizes(inferGlobalAvgPool2d(x!, "globalAvgPool2d", "f32").y.shape)];
    return { y: rounded(shape, averages(f32Data(x), image, shape, adaptiveExtents(image, shape), null)) };
  },

  grad: (b, { inputs }, { y: dy }) => ({
    x: dy ? b.emit(meanBackward, { dy }, { axes: [1, 2], sizes: sizes(b.type(inputs.x!).shape.slice(1, 3)), keepDim: true }).dx! : null,
  }),

  lower: lowerGlobalAvgPool2d,

  kernel({ x }, _, device) {
    const { keptShape, count } = inferGlobalAvgPool2d(x!, "globalAvgPool2d", "f32");
    return sumVariants(sizes(x!.shape), sizes(keptShape), 1 / count, device);
  },
};
