/**
 * The gradient of batchNormFactor in its weight: dweight = (dfactor - dinverse / factor^2) / sqrt(runningVar + eps), 0 where
 * the factor is so small that it counts as 1. All f32 [c]; dfactor and dinverse are 0 where they are not given. The
 * reference computes in f64 and rounds once.
 */
import shader from "../../shaders/batchNormFactorBackward.wgsl";
import { inferBatchNormFactor, SMALL_FACTOR, type BatchNormFactorAttrs } from "./batchNormFactor.ts";
import { f32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel } from "../tensor/index.ts";

export const batchNormFactorBackward: OpDef<BatchNormFactorAttrs> = {
  name: "batchNormFactorBackward",
  inputs: ["runningVar", "weight", "dfactor?", "dinverse?"],
  outputs: ["dweight"],
  quantization: "float",
  defaults: { eps: 1e-5 },

  infer: (types, attrs, where) => ({ dweight: inferBatchNormFactor(types, attrs, where) }),

  reference({ runningVar, weight, dfactor, dinverse }, { eps }) {
    const dweight = zerosLike(weight!);
    f32Data(runningVar).forEach((v, c) => {
      const inverseStd = 1 / Math.sqrt(v + eps);
      const factor = f32Data(weight)[c]! * inverseStd;
      const d = (dfactor ? f32Data(dfactor)[c]! : 0) - (dinverse ? f32Data(dinverse)[c]! / factor ** 2 : 0);
      dweight.data[c] = Math.abs(factor) < SMALL_FACTOR ? 0 : d * inverseStd;
    });
    return { dweight };
  },

  kernel({ runningVar, dfactor, dinverse }, { eps }, device) {
    const channels = numel(runningVar!.shape);
    const params = { channels, eps, hasFactor: Number(dfactor !== undefined), hasInverse: Number(dinverse !== undefined) };
    const bindings = { dfactor: dfactor ? "dfactor" : "weight", dinverse: dinverse ? "dinverse" : "weight" };
    return [{ name: "channels", calls: [{ shader, params, bindings, workgroups: dispatch1d(channels, 64, device) }] }];
  },
};
