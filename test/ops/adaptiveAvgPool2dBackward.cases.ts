import { adaptiveAvgPool2dBackward } from "../../src/ops/adaptiveAvgPool2dBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { RANDOM_CHANNELS } from "../support/pools.ts";

export const adaptiveAvgPool2dBackwardCases: OpCases = {
  op: adaptiveAvgPool2dBackward,
  tolerance: { rtol: 1e-5, atol: 1e-6, why: "sums of up to 49 gradients of about 1 in f32, each divided to 2.5 ulp" },
  cases: [
    {
      name: "3 windows over 5 columns: the second and the fourth lie in two",
      inputs: { dy: f32Tensor([1, 1, 3, 1], [2, 30, 8]) },
      attrs: { inputSize: [1, 5] },
      expected: { dx: f32Tensor([1, 1, 5, 1], [1, 11, 10, 14, 4]) },
    },
    {
      name: "more outputs than pixels",
      inputs: { dy: f32Tensor([1, 3, 1, 1], [1, 4, 16]) },
      attrs: { inputSize: [2, 1] },
      expected: { dx: f32Tensor([1, 2, 1, 1], [3, 18]) },
    },
    { name: "sizes that do not divide, whole vec4s", inputs: { dy: fixed(1, 2, 3, 4, 8) }, attrs: { inputSize: [7, 11] } },
    { name: "sizes that do not divide, 5 channels", inputs: { dy: fixed(2, 2, 5, 3, 5) }, attrs: { inputSize: [7, 11] } },
    { name: "more rows of windows than a thread takes, whole vec4s", inputs: { dy: fixed(3, 1, 37, 3, 4) }, attrs: { inputSize: [53, 5] } },
    { name: "windows of many pixels, 3 channels", inputs: { dy: fixed(4, 2, 3, 2, 3) }, attrs: { inputSize: [31, 17] } },
    { name: "as many outputs as pixels", inputs: { dy: fixed(5, 1, 5, 7, 8) }, attrs: { inputSize: [5, 7] } },
  ],
  random: (r) => ({
    name: "random",
    inputs: { dy: normal(r, [r.int(1, 3), r.int(1, 7), r.int(1, 7), r.pick(RANDOM_CHANNELS)]) },
    attrs: { inputSize: [r.int(1, 19), r.int(1, 19)] },
  }),
};
