/**
 * qglobalAvgPool2d: the average of x - xZeroPoint over all pixels, requantized; formula, roundings and overflow budget are
 * qaverage.ts's. x i8 or u8 [n, h, w, c], y `dtype` [n, 1, 1, c]; multiplier and exponent i32 [1].
 */
import type { Emitter, Lowering, NodeView, OpDef, Quantized, Types } from "./op.ts";
import { averageDefaults, averageInputs, expectSummable, inferAverage, lowerAverage, type AverageAttrs } from "./qaverage.ts";
import { meanPlan, quantizedMean } from "./qmean.ts";
import { inferGlobalAvgPool2d } from "./reduction.ts";
import { numel, type TensorType } from "../tensor/index.ts";

function inferQglobal(types: Types, attrs: AverageAttrs, where: string): TensorType {
  const { y, count } = inferGlobalAvgPool2d(types.x!, where, "i8", "u8");
  expectSummable(where, count);
  return inferAverage(where, types, attrs, y.shape, 1);
}

export const qglobalAvgPool2d: OpDef<AverageAttrs> = {
  name: "qglobalAvgPool2d",
  inputs: averageInputs,
  outputs: ["y"],
  quantization: "float",
  defaults: averageDefaults,

  infer: (types, attrs, where) => ({ y: inferQglobal(types, attrs, where) }),

  reference(tensors, attrs) {
    return { y: quantizedMean(tensors, attrs, inferQglobal(tensors, attrs, "qglobalAvgPool2d"), [1, 2]) };
  },

  kernel: (types, attrs, device) => meanPlan(types.x!, inferQglobal(types, attrs, "qglobalAvgPool2d"), attrs, [1, 2], device),
};

/** The integer form of a global average pool. */
export const lowerGlobalAvgPool2d = (b: Emitter, node: NodeView, q: Lowering): Quantized =>
  lowerAverage(b, node, q, qglobalAvgPool2d, [numel(b.type(q.input("x").value).shape.slice(1, 3))]);
