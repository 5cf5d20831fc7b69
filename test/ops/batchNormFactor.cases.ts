import { batchNormFactor } from "../../src/ops/batchNormFactor.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { positive } from "./batchNorm2d.cases.ts";

/** Keeps weights around 1: the inverse of a factor near 0 is steep. */
const smooth = (c: OpCase): OpCase => ({
  ...c,
  inputs: { ...c.inputs, ...(c.inputs["weight"] && { weight: positive(fixed(99, ...c.inputs["weight"].shape)) }) },
});

const tolerance = {
  rtol: 1e-6,
  atol: 0,
  why: "an addition, a square root and two divisions in f32, each off by up to 2.5 units in the last place; the reference computes in f64",
};

export const batchNormFactorCases: OpCases = {
  op: batchNormFactor,
  tolerance,
  differentiable: ["weight"],
  smooth,
  cases: [
    {
      name: "factors below 2^-20 count as 1, of either sign, and so do zeros; 2^-19 does not",
      inputs: { runningVar: f32Tensor([5], [4, 1, 1, 1, 1]), weight: f32Tensor([5], [-6, 0, 2 ** -21, -(2 ** -21), 2 ** -19]) },
      attrs: { eps: 1e-12 },
      expected: { factor: f32Tensor([5], [-3, 1, 1, 1, 2 ** -19]), inverse: f32Tensor([5], [-1 / 3, 1, 1, 1, 2 ** 19]) },
    },
    { name: "no weight", inputs: { runningVar: positive(fixed(1, 7)) } },
    { name: "more channels than a workgroup", inputs: { runningVar: positive(fixed(2, 67)), weight: fixed(3, 67) }, attrs: { eps: 1e-3 } },
  ],
  random(r) {
    const c = r.int(1, 150);
    return {
      name: "random",
      inputs: { runningVar: positive(normal(r, [c])), ...(r.int(0, 3) > 0 && { weight: normal(r, [c]) }) },
      attrs: { eps: r.pick([1e-5, 1e-3, 0.1]) },
    };
  },
};
