/**
 * qadaptiveAvgPool2d: the average of x - xZeroPoint over each window of adaptiveAvgPool2d, requantized; formula, roundings and
 * overflow budget are qaverage.ts's. x i8 or u8 [n, h, w, c], y `dtype` [n, oh, ow, c]; multiplier and exponent i32
 * [most + 1], entry n for windows of n pixels, of which the largest has `most` (entry 0 is unused).
 */
import { adaptiveExtents, inferAdaptiveAvgPool2d, largestCount, type AdaptiveAvgPool2dAttrs } from "./average.ts";
import type { Emitter, Lowering, NodeView, OpDef, Quantized, Types } from "./op.ts";
import {
  averageDefaults,
  averageInputs,
  countsTo,
  expectWindows,
  inferAverage,
  lowerAverage,
  windowAverages,
  type AverageAttrs,
} from "./qaverage.ts";
import { windowPlan } from "./qavgPool2d.ts";
import { lowerGlobalAvgPool2d } from "./qglobalAvgPool2d.ts";
import { sizes, type TensorType } from "../tensor/index.ts";

export type QadaptiveAvgPool2dAttrs = AdaptiveAvgPool2dAttrs & AverageAttrs;

/** The windows do not depend on how many images there are. */
const extentsOf = (x: TensorType, { outputSize }: AdaptiveAvgPool2dAttrs): ReturnType<typeof adaptiveExtents> =>
  adaptiveExtents([1, ...sizes(x.shape.slice(1))], [1, ...outputSize]);

function inferQadaptive(types: Types, attrs: QadaptiveAvgPool2dAttrs, where: string): TensorType {
  const { shape } = inferAdaptiveAvgPool2d(types.x!, attrs, where, "i8", "u8");
  return inferAverage(where, types, attrs, shape, expectWindows(where, extentsOf(types.x!, attrs)));
}

export const qadaptiveAvgPool2d: OpDef<QadaptiveAvgPool2dAttrs> = {
  name: "qadaptiveAvgPool2d",
  inputs: averageInputs,
  outputs: ["y"],
  quantization: "float",
  defaults: averageDefaults,

  infer: (types, attrs, where) => ({ y: inferQadaptive(types, attrs, where) }),

  reference(tensors, attrs) {
    const y = inferQadaptive(tensors, attrs, "qadaptiveAvgPool2d");
    return { y: windowAverages(tensors, attrs, y, extentsOf(tensors.x!, attrs), null) };
  },

  kernel(types, attrs, device) {
    const y = inferQadaptive(types, attrs, "qadaptiveAvgPool2d");
    return windowPlan(types.x!, y, attrs, {}, largestCount(extentsOf(types.x!, attrs)), device);
  },
};

/** The integer form of an adaptive average pool; to one pixel it is that of a global one. */
export function lowerAdaptiveAvgPool2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const attrs = node.attrs as AdaptiveAvgPool2dAttrs;
  if (attrs.outputSize.every((d) => d === 1)) return lowerGlobalAvgPool2d(b, node, q);
  return lowerAverage(b, node, q, qadaptiveAvgPool2d, countsTo(largestCount(extentsOf(b.type(q.input("x").value), attrs))), attrs);
}
