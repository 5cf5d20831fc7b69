/**
 * y[n, oy, ox, c] = the sum of x over the window of [kh, kw] pixels at (oy sh - top, ox sw - left), by its divisor:
 * divisorOverride, else the window's pixels, with those in the padding where countIncludePad is set. x f32 [n, h, w, c], y
 * [n, oh, ow, c], padding [top, bottom, left, right]. ceilMode adds a last window that sticks out, if it begins in the image
 * or before it; what lies beyond the padding never counts (PyTorch). The reference sums in f64 and rounds once.
 */
import shader from "../../shaders/avgPool2d.wgsl";
import axisShader from "../../shaders/avgPool2dAxis.wgsl";
import vec4AxisShader from "../../shaders/avgPool2dAxisVec4.wgsl";
import vec4Shader from "../../shaders/avgPool2dVec4.wgsl";
import { averages, avgPool2dDefaults, inferAvgPool2d, poolOf, slidingExtents, type AvgPool2dAttrs } from "./average.ts";
import { avgPool2dBackward } from "./avgPool2dBackward.ts";
import { f32Data, rounded } from "./host.ts";
import { lowerAvgPool2d } from "./qavgPool2d.ts";
import type { DeviceInfo, OpDef, Variant } from "./op.ts";
import { poolParams, runVariants, type Pool } from "./pool.ts";
import { isLarge, largeVariant } from "./poolAxis.ts";
import { sizes } from "../tensor/index.ts";

export const avgPool2d: OpDef<AvgPool2dAttrs> = {
  name: "avgPool2d",
  inputs: ["x"],
  outputs: ["y"],
  quantization: "own",
  defaults: avgPool2dDefaults,

  infer: ({ x }, attrs, where) => ({ y: inferAvgPool2d(x!, attrs, where, "f32") }),

  reference({ x }, attrs) {
    const [image, shape] = [sizes(x!.shape), sizes(inferAvgPool2d(x!, attrs, "avgPool2d", "f32").shape)];
    return { y: rounded(shape, averages(f32Data(x), image, shape, slidingExtents(image, shape, attrs), attrs.divisorOverride)) };
  },

  grad(b, { inputs, attrs }, { y: dy }) {
    return { x: dy ? b.emit(avgPool2dBackward, { dy }, { ...attrs, inputSize: sizes(b.type(inputs.x!).shape.slice(1, 3)) }).dx! : null };
  },

  lower: lowerAvgPool2d,

  kernel({ x }, attrs, device) {
    return averagePlan(sizes(x!.shape), sizes(inferAvgPool2d(x!, attrs, "avgPool2d", "f32").shape), poolOf(attrs), device);
  },
};

/** The variants that average x [n, h, w, c] to y [n, oh, ow, c]. Sums of one window are in one order: larger ones have one variant. */
export function averagePlan(image: readonly number[], output: readonly number[], pool: Pool, device: DeviceInfo): readonly Variant[] {
  const [images, params, { window }] = [output[0]!, poolParams(image, output, pool), pool];
  if (window && isLarge(window)) return [largeVariant(vec4AxisShader, axisShader, images, params, window, device)];
  return runVariants(vec4Shader, shader, images, params, window, { constants: { ADAPTIVE: !window } }, device);
}
