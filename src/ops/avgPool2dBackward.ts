/**
 * The gradient of avgPool2d: dx[e] = sum of dy / divisor over the windows that hold e. dy f32 [n, oh, ow, c], dx
 * [n, h, w, c] with [h, w] = inputSize; the other attributes as avgPool2d's. The reference sums in f64 and rounds once.
 */
import shader from "../../shaders/avgPool2dBackward.wgsl";
import vec4Shader from "../../shaders/avgPool2dBackwardVec4.wgsl";
import adaptiveShader from "../../shaders/avgPool2dBackwardAdaptive.wgsl";
import vec4AdaptiveShader from "../../shaders/avgPool2dBackwardAdaptiveVec4.wgsl";
import axisShader from "../../shaders/avgPool2dAxis.wgsl";
import vec4AxisShader from "../../shaders/avgPool2dAxisVec4.wgsl";
import spreadShader from "../../shaders/avgPool2dBackwardSpread.wgsl";
import vec4SpreadShader from "../../shaders/avgPool2dBackwardSpreadVec4.wgsl";
import { averageGradients, avgPool2dDefaults, inferAvgPool2d, poolOf, slidingExtents, type AvgPool2dAttrs } from "./average.ts";
import { expectDType, expectRank, expectShape } from "./check.ts";
import { f32Data, rounded } from "./host.ts";
import type { DeviceInfo, OpDef, Variant } from "./op.ts";
import { adaptiveCall, isNarrow, poolParams, poolVariants, spreadCall, type Pool } from "./pool.ts";
import { isLarge, largeVariant } from "./poolAxis.ts";
import { f32, sizes, type TensorType } from "../tensor/index.ts";
import { expectList } from "./window.ts";

export type AvgPool2dBackwardAttrs = AvgPool2dAttrs & {
  /** [h, w] of the pool's input. */
  readonly inputSize: readonly number[];
};

/** dx [n, h, w, c] for dy [n, oh, ow, c]. @throws ShapeError | DTypeError */
export function inferImage(dy: TensorType, inputSize: readonly number[], where: string): TensorType {
  expectDType(where, "dy", dy, "f32");
  expectRank(where, "dy", dy, 4, "[n, oh, ow, c]");
  expectList(where, "inputSize", inputSize, "height, width", 1);
  return f32([dy.shape[0]!, ...inputSize, dy.shape[3]!]);
}

export const avgPool2dBackward: OpDef<AvgPool2dBackwardAttrs> = {
  name: "avgPool2dBackward",
  inputs: ["dy"],
  outputs: ["dx"],
  quantization: "float",
  defaults: avgPool2dDefaults,

  infer({ dy }, attrs, where) {
    const dx = inferImage(dy!, attrs.inputSize, where);
    expectShape(where, "dy", dy!, inferAvgPool2d(dx, attrs, where, "f32").shape, "must have the shape of the pool's output");
    return { dx };
  },

  reference({ dy }, attrs) {
    const [image, output] = [sizes(inferImage(dy!, attrs.inputSize, "avgPool2dBackward").shape), sizes(dy!.shape)];
    return { dx: rounded(image, averageGradients(f32Data(dy), image, slidingExtents(image, output, attrs), attrs.divisorOverride)) };
  },

  kernel({ dy }, attrs, device) {
    const image = sizes(inferImage(dy!, attrs.inputSize, "avgPool2dBackward").shape);
    return averageGradientPlan(image, sizes(dy!.shape), poolOf(attrs), device);
  },
};

/** The variants that spread dy [n, oh, ow, c] over dx [n, h, w, c]. */
export function averageGradientPlan(
  image: readonly number[],
  output: readonly number[],
  pool: Pool,
  device: DeviceInfo,
): readonly Variant[] {
  const call = { constants: { ADAPTIVE: !pool.window }, bindings: { x: "dy", y: "dx" } };
  const params = poolParams(image, output, pool);
  const isVec4 = image[3]! % 4 === 0;
  if (pool.window && isLarge(pool.window)) return [largeVariant(vec4AxisShader, axisShader, image[0]!, params, pool.window, device, true)];
  const covers = !pool.window && image[1]! >= output[1]! && image[2]! >= output[2]!;
  return [
    ...(covers
      ? [{ name: "adaptive", calls: [adaptiveCall(isVec4 ? vec4AdaptiveShader : adaptiveShader, image[0]!, params, device)] }]
      : []),
    ...(pool.window && isNarrow(pool.window)
      ? [{ name: "columns", calls: [spreadCall(isVec4 ? vec4SpreadShader : spreadShader, image[0]!, params, pool.window, call, device)] }]
      : []),
    ...poolVariants(vec4Shader, shader, image, params, call, device),
  ];
}
