/**
 * The first batch sets minOut and maxOut, later ones pull: m = f32(m + f32(c * f32(batch - m))), c = averagingConstant.
 * Types, the empty state, NaN and infinities as in minMax. Source: PyTorch's MovingAverageMinMaxObserver.
 */
import shader from "../../shaders/movingAverageMinMax.wgsl";
import { QuantizationError } from "../errors.ts";
import { movingAverage } from "../numerics/index.ts";
import { inferObserver, observeReference, observerKernel } from "./observer.ts";
import type { OpDef } from "./op.ts";

export type MovingAverageMinMaxAttrs = { readonly axis: number | null; readonly averagingConstant: number };

export const movingAverageMinMax: OpDef<MovingAverageMinMaxAttrs> = {
  name: "movingAverageMinMax",
  inputs: ["x", "min", "max"],
  outputs: ["minOut", "maxOut"],
  quantization: "float",
  defaults: { axis: null, averagingConstant: 0.01 },

  infer(types, { axis, averagingConstant: c }, where) {
    if (!(c > 0 && c <= 1))
      throw new QuantizationError({
        code: "bad-attribute",
        where,
        problem: "averagingConstant is no weight",
        expected: "above 0, at most 1",
        got: String(c),
      });
    return inferObserver(types, axis, where);
  },

  reference: (t, { axis, averagingConstant }) =>
    observeReference(t, axis, (state, batch) => movingAverage(state, batch, averagingConstant)),
  kernel: (types, { axis, averagingConstant }, device) => observerKernel(types, axis, device, shader, { averagingConstant }),
};
