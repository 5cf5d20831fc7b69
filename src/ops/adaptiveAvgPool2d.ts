/**
 * y[n, oy, ox, c] = the mean of x over rows floor(oy h / oh) to ceil((oy + 1) h / oh) - 1 and columns alike. x f32
 * [n, h, w, c], y [n, oh, ow, c] with [oh, ow] = outputSize: windows that overlap where the sizes do not divide, and repeat
 * where the output is the larger one (PyTorch). The reference sums in f64 and rounds once.
 */
import { adaptiveExtents, averages, inferAdaptiveAvgPool2d, type AdaptiveAvgPool2dAttrs } from "./average.ts";
import { adaptiveAvgPool2dBackward } from "./adaptiveAvgPool2dBackward.ts";
import { averagePlan } from "./avgPool2d.ts";
import { f32Data, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { lowerAdaptiveAvgPool2d } from "./qadaptiveAvgPool2d.ts";
import { sizes } from "../tensor/index.ts";

export const adaptiveAvgPool2d: OpDef<AdaptiveAvgPool2dAttrs> = {
  name: "adaptiveAvgPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "own",

  infer: ({ x }, attrs, where) => ({ y: inferAdaptiveAvgPool2d(x!, attrs, where, "f32") }),

  reference({ x }, attrs) {
    const [image, shape] = [sizes(x!.shape), sizes(inferAdaptiveAvgPool2d(x!, attrs, "adaptiveAvgPool2d", "f32").shape)];
    return { y: rounded(shape, averages(f32Data(x), image, shape, adaptiveExtents(image, shape), null)) };
  },

  grad(b, { inputs }, { y: dy }) {
    return { x: dy ? b.emit(adaptiveAvgPool2dBackward, { dy }, { inputSize: sizes(b.type(inputs.x!).shape.slice(1, 3)) }).dx! : null };
  },

  lower: lowerAdaptiveAvgPool2d,

  kernel({ x }, attrs, device) {
    return averagePlan(sizes(x!.shape), sizes(inferAdaptiveAvgPool2d(x!, attrs, "adaptiveAvgPool2d", "f32").shape), {}, device);
  },
};
