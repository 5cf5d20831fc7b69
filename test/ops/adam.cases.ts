import { adam } from "../../src/ops/adam.ts";
import { scalar } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import type { Tensor } from "../../src/tensor/index.ts";

const square = (t: Tensor<"f32">): Tensor<"f32"> => ({ ...t, data: t.data.map((v) => v * v) });
const state = (n: number, step: number) => ({
  parameter: fixed(1, n),
  gradient: fixed(2, n),
  expAvg: fixed(3, n),
  expAvgSq: square(fixed(4, n)),
  lr: scalar("f32", 0.01),
  step: scalar("i32", step),
});

export const adamCases: OpCases = {
  op: adam,
  tolerance: {
    rtol: 2e-6,
    atol: 2e-6,
    why: "a dozen f32 operations, of which a division may be 2.5 ULP and a square root more off, on numbers of about 1",
  },
  cases: [
    {
      name: "the first step moves by the learning rate, whatever the size of the gradient",
      inputs: {
        parameter: f32Tensor([3], [1, 1, 1]),
        gradient: f32Tensor([3], [1e-3, -50, 0]),
        expAvg: f32Tensor([3], [0, 0, 0]),
        expAvgSq: f32Tensor([3], [0, 0, 0]),
        lr: scalar("f32", 0.125),
        step: scalar("i32", 1),
      },
      expected: {
        parameterOut: f32Tensor([3], [0.875, 1.125, 1]),
        expAvgOut: f32Tensor([3], [1e-4, -5, 0]),
        expAvgSqOut: f32Tensor([3], [1e-9, 2.5, 0]),
        maxExpAvgSqOut: f32Tensor([0], []),
      },
    },
    {
      name: "AMSGrad divides by the largest second moment so far",
      inputs: {
        parameter: f32Tensor([3], [1, 1, 1]),
        gradient: f32Tensor([3], [1, 1, NaN]),
        expAvg: f32Tensor([3], [1, 1, 1]),
        expAvgSq: f32Tensor([3], [1, 1, 1]),
        maxExpAvgSq: f32Tensor([3], [4, 0.5, 1]),
        lr: scalar("f32", 0.5),
        step: scalar("i32", 2 ** 31 - 1),
      },
      expected: {
        parameterOut: f32Tensor([3], [0.75, 0.5, NaN]),
        expAvgOut: f32Tensor([3], [1, 1, NaN]),
        expAvgSqOut: f32Tensor([3], [1, 1, NaN]),
        maxExpAvgSqOut: f32Tensor([3], [4, 1, NaN]),
      },
    },
    { name: "step 2: the bias corrections do not cancel", inputs: state(131, 2) },
    { name: "step 1000", inputs: state(131, 1000) },
    { name: "step 2^31 - 1: both corrections are 1", inputs: state(131, 2 ** 31 - 1) },
    { name: "betas of 0", inputs: state(131, 3), attrs: { beta1: 0, beta2: 0 } },
    { name: "weight decay in the gradient", inputs: state(131, 3), attrs: { weightDecay: 0.1 } },
    { name: "decoupled weight decay (AdamW)", inputs: state(131, 3), attrs: { weightDecay: 0.1, decoupledWeightDecay: true } },
    { name: "eps is added after the correction", inputs: state(131, 1), attrs: { eps: 1 } },
    { name: "prime length beyond one workgroup", inputs: state(1009, 5) },
  ],
  random(r) {
    const shape = [r.int(1, 20), r.int(1, 20)];
    const amsgrad = r.int(0, 1) === 1;
    return {
      name: "random",
      inputs: {
        parameter: normal(r, shape),
        gradient: normal(r, shape),
        expAvg: normal(r, shape),
        expAvgSq: square(normal(r, shape)),
        lr: scalar("f32", r.uniform(0, 0.05)),
        step: scalar("i32", r.int(1, 200)),
        ...(amsgrad && { maxExpAvgSq: square(normal(r, shape)) }),
      },
      attrs: {
        beta1: r.uniform(0.5, 0.99),
        beta2: r.uniform(0.9, 0.9999),
        eps: 1e-6,
        weightDecay: r.pick([0, 0.1]),
        decoupledWeightDecay: r.int(0, 1) === 1,
      },
    };
  },
};
