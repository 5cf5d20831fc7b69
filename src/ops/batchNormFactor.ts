/**
 * factor = weight / sqrt(runningVar + eps), what a batch norm with stored statistics multiplies by, and inverse = 1 / factor.
 * Where |factor| < 2^-20, both are 1, so that whoever divides by it later has something to divide by. All f32 [c]; weight
 * is 1 where it is not given. The gradient flows to weight alone. The reference computes in f64 and rounds once.
 */
import shader from "../../shaders/batchNormFactor.wgsl";
import { expectEps } from "./batchNorm.ts";
import { batchNormFactorBackward } from "./batchNormFactorBackward.ts";
import { expectDType, expectRank, expectShape } from "./check.ts";
import { f32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef, TensorType, Types } from "./op.ts";
import { numel } from "../tensor/index.ts";

export type BatchNormFactorAttrs = { readonly eps: number };

/** Factors below this count as 1. */
export const SMALL_FACTOR = 2 ** -20;

/** [c], the type of all inputs and outputs. @throws DTypeError | ShapeError */
export function inferBatchNormFactor(types: Types, { eps }: BatchNormFactorAttrs, where: string): TensorType {
  const variance = types.runningVar!;
  expectDType(where, "runningVar", variance, "f32");
  expectRank(where, "runningVar", variance, 1, "[c]");
  expectEps(where, eps);
  for (const [name, t] of Object.entries(types)) {
    expectDType(where, name, t, "f32");
    expectShape(where, name, t, variance.shape, "must hold one value per channel, as runningVar does");
  }
  return variance;
}

export const batchNormFactor: OpDef<BatchNormFactorAttrs> = {
  name: "batchNormFactor",
  inputs: ["runningVar", "weight?"],
  outputs: ["factor", "inverse"],
  quantization: "float",
  defaults: { eps: 1e-5 },

  infer(types, attrs, where) {
    const t = inferBatchNormFactor(types, attrs, where);
    return { factor: t, inverse: t };
  },

  reference({ runningVar, weight }, { eps }) {
    const [factor, inverse] = [zerosLike(runningVar!), zerosLike(runningVar!)];
    f32Data(runningVar).forEach((v, c) => {
      const f = (weight ? f32Data(weight)[c]! : 1) / Math.sqrt(v + eps);
      factor.data[c] = Math.abs(f) < SMALL_FACTOR ? 1 : f;
      inverse.data[c] = Math.abs(f) < SMALL_FACTOR ? 1 : 1 / f;
    });
    return { factor, inverse };
  },

  kernel({ runningVar, weight }, { eps }, device) {
    const channels = numel(runningVar!.shape);
    const params = { channels, eps, hasWeight: Number(weight !== undefined) };
    const bindings = { weight: weight ? "weight" : "runningVar" };
    return [{ name: "channels", calls: [{ shader, params, bindings, workgroups: dispatch1d(channels, 64, device) }] }];
  },

  grad(b, { inputs: { runningVar, weight }, attrs }, { factor: dfactor, inverse: dinverse }) {
    const flows = weight && (dfactor ?? dinverse);
    return { weight: flows ? b.emit(batchNormFactorBackward, { runningVar, weight, dfactor, dinverse }, attrs).dweight! : null };
  },
};
