/**
 * Adam, PyTorch's formula, on f32 tensors of one shape:
 *   g = gradient + weightDecay * parameter          (decoupledWeightDecay, AdamW: parameter *= 1 - lr * weightDecay instead)
 *   m = beta1 * expAvg + (1 - beta1) * g; v = beta2 * expAvgSq + (1 - beta2) * g^2
 *   parameterOut = parameter - lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps)
 * lr f32 [1]; step i32 [1] counts from 1. On the GPU parameter and moments are updated in place, and 1 - beta^step is
 * -expm1(step * ln beta) with ln beta from the host, so that it does not cancel. The reference computes in f64 and rounds
 * once.
 */
import shader from "../../shaders/adam.wgsl";
import { ShapeError } from "../errors.ts";
import { expectDType, expectShape } from "./check.ts";
import { f32Data, i32Data, zerosLike } from "./host.ts";
import { dispatch1d } from "./kernel.ts";
import type { OpDef } from "./op.ts";
import { numel } from "../tensor/index.ts";

export type AdamAttrs = {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly decoupledWeightDecay: boolean;
};

export const adam: OpDef<AdamAttrs> = {
  name: "adam",
  inputs: ["parameter", "gradient", "expAvg", "expAvgSq", "lr", "step"],
  outputs: ["parameterOut", "expAvgOut", "expAvgSqOut"],
  quantization: "float",
  defaults: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false },

  infer({ parameter, gradient, expAvg, expAvgSq, lr, step }, attrs, where) {
    expectDType(where, "parameter", parameter!, "f32");
    for (const [name, t] of Object.entries({ gradient: gradient!, expAvg: expAvg!, expAvgSq: expAvgSq! })) {
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
    return { parameterOut: parameter!, expAvgOut: expAvg!, expAvgSqOut: expAvgSq! };
  },

  reference(t, { beta1, beta2, eps, weightDecay, decoupledWeightDecay }) {
    const [p, grad, m, v] = [f32Data(t.parameter), f32Data(t.gradient), f32Data(t.expAvg), f32Data(t.expAvgSq)];
    const [lr, step] = [f32Data(t.lr)[0]!, i32Data(t.step)[0]!];
    const [parameterOut, expAvgOut, expAvgSqOut] = [zerosLike(t.parameter!), zerosLike(t.parameter!), zerosLike(t.parameter!)];
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
      parameterOut.data[i] = keep * p[i]! - (rate * first) / (Math.sqrt(second) / root + eps);
    }
    return { parameterOut, expAvgOut, expAvgSqOut };
  },

  kernel({ parameter }, { beta1, beta2, eps, weightDecay, decoupledWeightDecay }, device) {
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
    return [
      {
        name: "inPlace",
        inPlace: { parameterOut: "parameter", expAvgOut: "expAvg", expAvgSqOut: "expAvgSq" },
        calls: [{ shader, params, workgroups: dispatch1d(elements, 64, device) }],
      },
    ];
  },
};
