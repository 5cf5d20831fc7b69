/**
 * qavgPool2d: the average of x - xZeroPoint over each window of avgPool2d, requantized; formula, roundings and overflow budget
 * are qaverage.ts's. x i8 or u8 [n, h, w, c], y `dtype` [n, oh, ow, c]; multiplier and exponent i32 [kh kw + 1], entry n for
 * windows that count n pixels (entry 0 is unused): with a divisorOverride all of them hold that divisor. rawHalfAway counts no
 * padding.
 */
import { QuantizationError } from "../errors.ts";
import { avgPool2dDefaults, inferAvgPool2d, poolOf, slidingExtents, type AvgPool2dAttrs } from "./average.ts";
import type { DeviceInfo, Emitter, Lowering, NodeView, OpDef, Quantized, Types, Variant } from "./op.ts";
import { poolParams, runVariants, wordSizes, type Pool } from "./pool.ts";
import {
  averageCall,
  averageDefaults,
  averageInputs,
  countsTo,
  expectSummable,
  inferAverage,
  lowerAverage,
  windowAverages,
  type AverageAttrs,
} from "./qaverage.ts";
import { stripVariant } from "./qstrips.ts";
import { numel, sizes, type TensorType } from "../tensor/index.ts";
import shader from "../../shaders/qavgPool2d.wgsl";
import stripsShader from "../../shaders/qavgPool2dStrips.wgsl";

export type QavgPool2dAttrs = AvgPool2dAttrs & AverageAttrs;

function inferQavgPool2d(types: Types, attrs: QavgPool2dAttrs, where: string): TensorType {
  const { shape } = inferAvgPool2d(types.x!, attrs, where, "i8", "u8");
  const [kh, kw] = attrs.kernel as [number, number];
  expectSummable(where, kh * kw);
  const counted = attrs.countIncludePad && attrs.divisorOverride === null && attrs.padding.some((p) => p > 0);
  if (attrs.rounding === "rawHalfAway" && counted)
    throw new QuantizationError({
      code: "counted-padding",
      where,
      problem: "averages of stored values cannot count padding, whose zero point they do not know",
      expected: "countIncludePad false, as in TFLite, or no padding",
      got: `padding ${attrs.padding.join(", ")}`,
      remedy: "Choose another rounding, or pad without counting",
    });
  return inferAverage(where, types, attrs, shape, kh * kw + 1);
}

export const qavgPool2d: OpDef<QavgPool2dAttrs> = {
  name: "qavgPool2d",
  inputs: averageInputs,
  outputs: ["y"],
  quantization: "float",
  defaults: { ...avgPool2dDefaults, ...averageDefaults },

  infer: (types, attrs, where) => ({ y: inferQavgPool2d(types, attrs, where) }),

  reference(tensors, attrs) {
    const y = inferQavgPool2d(tensors, attrs, "qavgPool2d");
    const extents = slidingExtents(tensors.x!.shape, sizes(y.shape), attrs);
    return { y: windowAverages(tensors, attrs, y, extents, attrs.divisorOverride) };
  },

  kernel(types, attrs, device) {
    const y = inferQavgPool2d(types, attrs, "qavgPool2d");
    return windowPlan(types.x!, y, attrs, poolOf(attrs), numel(attrs.kernel), device);
  },
};

/** Pixels of a window up to which f32 sums of bytes are exact. */
const EXACT = 2 ** 16;
/** And up to which two sums fit into a word. */
const FITTING = 2 ** 8;

/** The variants that average windows of up to `largest` pixels of x [n, h, w, c] to y [n, oh, ow, c]. */
export function windowPlan(
  x: TensorType,
  y: TensorType,
  attrs: AverageAttrs,
  pool: Pool,
  largest: number,
  device: DeviceInfo,
): readonly Variant[] {
  const [image, output] = [wordSizes(x), wordSizes(y)];
  const { params, constants } = averageCall(x, attrs);
  const values = { ...poolParams(image, output, pool), ...params, bytes: x.shape[3] as number };
  const call = { constants: { ...constants, ADAPTIVE: !pool.window, LARGE: largest > EXACT, HALVES: largest <= FITTING } };
  return [
    ...(pool.window
      ? [stripVariant(stripsShader, output[0]!, { ...values, flip: x.dtype === "i8" ? 0x80808080 : 0 }, pool.window, constants, device)]
      : []),
    // Word by word: where windows are large, vec4s of words were slower.
    ...runVariants(shader, shader, output[0]!, values, pool.window, call, device).filter(({ name }) => name === "elements"),
  ];
}

/** The integer form of an average pool. */
export function lowerAvgPool2d(b: Emitter, node: NodeView, q: Lowering): Quantized {
  const attrs = node.attrs as AvgPool2dAttrs;
  return lowerAverage(b, node, q, qavgPool2d, countsTo(numel(attrs.kernel), attrs.divisorOverride), attrs);
}
