import { batchNormFactorBackward } from "../../src/ops/batchNormFactorBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { positive } from "./batchNorm2d.cases.ts";

export const batchNormFactorBackwardCases: OpCases = {
  op: batchNormFactorBackward,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "a difference of two gradients of about 1, each after some roundings in f32; the reference computes in f64",
  },
  cases: [
    {
      name: "0 where the factor counts as 1, also of a weight of 0",
      inputs: {
        runningVar: f32Tensor([3], [0.25, 1, 1]),
        weight: f32Tensor([3], [1, 0, 2 ** -21]),
        dfactor: f32Tensor([3], [3, 3, 3]),
        dinverse: f32Tensor([3], [4, 4, 4]),
      },
      attrs: { eps: 1e-12 },
      expected: { dweight: f32Tensor([3], [4, 0, 0]) },
    },
    {
      name: "the factor's gradient alone",
      inputs: { runningVar: positive(fixed(1, 5)), weight: fixed(2, 5), dfactor: fixed(3, 5) },
    },
    {
      name: "the inverse's gradient alone, more channels than a workgroup",
      inputs: { runningVar: positive(fixed(4, 67)), weight: positive(fixed(5, 67)), dinverse: fixed(6, 67) },
    },
  ],
  random(r) {
    const c = r.int(1, 150);
    return {
      name: "random",
      inputs: {
        runningVar: positive(normal(r, [c])),
        weight: positive(normal(r, [c])),
        ...(r.int(0, 2) > 0 && { dfactor: normal(r, [c]) }),
        ...(r.int(0, 2) > 0 && { dinverse: normal(r, [c]) }),
      },
      attrs: { eps: r.pick([1e-5, 1e-3, 0.1]) },
    };
  },
};
