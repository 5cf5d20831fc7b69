/**
 * Adam, PyTorch's formula, on f32 tensors of one shape:
 *   g = gradient + weightDecay * parameter          (decoupledWeightDecay, AdamW: parameter *= 1 - lr * weightDecay instead)
 *   m = beta1 * expAvg + (1 - beta1) * g; v = beta2 * expAvgSq + (1 - beta2) * g^2
 *   parameterOut = parameter - lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps)
 * With maxExpAvgSq (AMSGrad, zeros at first) the largest v so far, maxExpAvgSqOut, takes the place of v in the last line;
 * without, maxExpAvgSqOut is empty (f32 [0]). lr f32 [1]; step i32 [1] counts from 1. On the GPU parameter and moments are updated in place, and 1 - beta^step is
 * -expm1(step * ln beta) with ln beta from the host, so that it does not cancel. The reference computes in f64 and rounds
 * once.
 */
import shader from "../../shaders/adam.wgsl";
import { ShapeError } from "../errors.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, i32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel, zeros } from "../tensor/index.ts";

export type AdamAttrs = {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly decoupledWeightDecay: boolean;
};

export const adam: OpDef<AdamAttrs> = {
  name: "adam",
  inputs: ["parameter", "gradient", "expAvg", "expAvgSq", "lr", "step", "maxExpAvgSq?"],
  outputs: ["parameterOut", "expAvgOut", "expAvgSqOut", "maxExpAvgSqOut"],
  quantization: "float",
  defaults: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false },

  infer({ parameter, gradient, expAvg, expAvgSq, lr, step, maxExpAvgSq }, attrs, where) {
    expectDType(where, "parameter", parameter!, "f32");
    for (const [name, t] of Object.entries({ gradient, expAvg, expAvgSq, maxExpAvgSq }))
      if (t) {
        expectDType(where, name, t, "f32");
        expectShape(where, name, t, parameter!.shape, "must have the shape of parameter");
      }
    expectDType(where, "lr", lr!, "f32");
    expectShape(where, "lr", lr!, [1], "must be a scalar");
    expectDType(where, "step", step!, "i32");
    expectShape(where, "step", step!, [1], "must be a scalar");
    const check = (name: "beta1" | "beta2" | "eps" | "weightDecay", ok: boolean, expected: string): void => {
      if (!ok)
        throw new ShapeError({ code: "bad-attribute", where, problem: `${name} is out of range`, expected, got: String(attrs[name]) });
    };
    check("beta1", attrs.beta1 >= 0 && attrs.beta1 < 1, "0 <= beta1 < 1");
    check("beta2", attrs.beta2 >= 0 && attrs.beta2 < 1, "0 <= beta2 < 1");
    check("eps", attrs.eps >= 0 && attrs.eps < Infinity, "at least 0");
    check("weightDecay", Number.isFinite(attrs.weightDecay), "a finite number");
    return {
      parameterOut: parameter!,
      expAvgOut: expAvg!,
      expAvgSqOut: expAvgSq!,
      maxExpAvgSqOut: maxExpAvgSq ?? { dtype: "f32", shape: [0] },
    };
  },

  reference(t, { beta1, beta2, eps, weightDecay, decoupledWeightDecay }) {
    const [p, grad, m, v] = [f32Data(t.parameter), f32Data(t.gradient), f32Data(t.expAvg), f32Data(t.expAvgSq)];
    const [lr, step] = [f32Data(t.lr)[0]!, i32Data(t.step)[0]!];
    const [parameterOut, expAvgOut, expAvgSqOut] = [zerosLike(t.parameter!), zerosLike(t.parameter!), zerosLike(t.parameter!)];
    const largest = t.maxExpAvgSq && f32Data(t.maxExpAvgSq);
    const maxExpAvgSqOut = zeros("f32", t.maxExpAvgSq?.shape ?? [0]);
    const rate = lr / (1 - beta1 ** step);
    const root = Math.sqrt(1 - beta2 ** step);
    const keep = decoupledWeightDecay ? 1 - lr * weightDecay : 1;
    const decay = decoupledWeightDecay ? 0 : weightDecay;
    for (let i = 0; i < p.length; i++) {
      const g = grad[i]! + decay * p[i]!;
      const first = beta1 * m[i]! + (1 - beta1) * g;
      const second = beta2 * v[i]! + (1 - beta2) * g * g;
      expAvgOut.data[i] = first;
      expAvgSqOut.data[i] = second;
      const scale = largest && !(second <= largest[i]!) ? second : (largest?.[i] ?? second);
      if (largest) maxExpAvgSqOut.data[i] = scale;
      parameterOut.data[i] = keep * p[i]! - (rate * first) / (Math.sqrt(scale) / root + eps);
    }
    return { parameterOut, expAvgOut, expAvgSqOut, maxExpAvgSqOut };
  },

  kernel({ parameter, maxExpAvgSq }, { beta1, beta2, eps, weightDecay, decoupledWeightDecay }, device) {
    const elements = numel(parameter!.shape);
    const params = {
      elements,
      beta1,
      beta2,
      gain1: 1 - beta1,
      gain2: 1 - beta2,
      // ln 0 is -Infinity; this is low enough for exp to give 0 from the first step on.
      lnBeta1: Math.max(Math.log(beta1), -200),
      lnBeta2: Math.max(Math.log(beta2), -200),
      eps,
      decay: decoupledWeightDecay ? 0 : weightDecay,
      decoupledDecay: decoupledWeightDecay ? weightDecay : 0,
    };
    const moments = { parameterOut: "parameter", expAvgOut: "expAvg", expAvgSqOut: "expAvgSq" };
    const call = { shader, params, workgroups: dispatch1d(elements, 64, device) };
    if (maxExpAvgSq)
      return [
        { name: "amsgrad", inPlace: { ...moments, maxExpAvgSqOut: "maxExpAvgSq" }, calls: [{ ...call, constants: { AMSGRAD: true } }] },
      ];
    return [{ name: "inPlace", inPlace: moments, calls: [{ ...call, constants: { AMSGRAD: false } }] }];
  },
};
