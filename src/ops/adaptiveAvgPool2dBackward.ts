/**
 * The gradient of adaptiveAvgPool2d: dx[e] = sum of dy / count over the windows that hold e. dy f32 [n, oh, ow, c], dx
 * [n, h, w, c] with [h, w] = inputSize. The reference sums in f64 and rounds once.
 */
import { adaptiveExtents, averageGradients } from "./average.ts";
import { averageGradientPlan, inferImage } from "./avgPool2dBackward.ts";
import { fixedDim } from "./check.ts";
import { f32Data, rounded } from "./host.ts";
import type { OpDef } from "./op.ts";
import { sizes } from "../tensor/index.ts";

export type AdaptiveAvgPool2dBackwardAttrs = {
  /** [h, w] of the pool's input. */
  readonly inputSize: readonly number[];
};

export const adaptiveAvgPool2dBackward: OpDef<AdaptiveAvgPool2dBackwardAttrs> = {
  name: "adaptiveAvgPool2dBackward",
  inputs: ["dy"],
  outputs: ["dx"],
  quantization: "float",

  infer({ dy }, { inputSize }, where) {
    const dx = inferImage(dy!, inputSize, where);
    for (const axis of [1, 2]) fixedDim(where, "dy", dy!, axis);
    return { dx };
  },

  reference({ dy }, { inputSize }) {
    const [image, output] = [sizes(inferImage(dy!, inputSize, "adaptiveAvgPool2dBackward").shape), sizes(dy!.shape)];
    return { dx: rounded(image, averageGradients(f32Data(dy), image, adaptiveExtents(image, output), null)) };
  },

  kernel({ dy }, { inputSize }, device) {
    const image = sizes(inferImage(dy!, inputSize, "adaptiveAvgPool2dBackward").shape);
    return averageGradientPlan(image, sizes(dy!.shape), {}, device);
  },
};
