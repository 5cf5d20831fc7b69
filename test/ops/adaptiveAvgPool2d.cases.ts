import { adaptiveAvgPool2d } from "../../src/ops/adaptiveAvgPool2d.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { RANDOM_CHANNELS } from "../support/pools.ts";

export const adaptiveAvgPool2dCases: OpCases = {
  op: adaptiveAvgPool2d,
  differentiable: ["x"],
  tolerance: {
    rtol: 1e-5,
    atol: 1e-6,
    why: "the GPU adds up to 77 numbers of about 1 in f32, one after the other, and divides to 2.5 ulp; the reference adds in f64",
  },
  cases: [
    {
      name: "5 columns to 3: windows of 2, 3 and 2 that overlap",
      inputs: { x: f32Tensor([1, 1, 5, 1], [1, 2, 3, 4, 8]) },
      attrs: { outputSize: [1, 3] },
      expected: { y: f32Tensor([1, 1, 3, 1], [1.5, 3, 6]) },
    },
    {
      name: "more outputs than pixels repeat them",
      inputs: { x: f32Tensor([1, 2, 1, 1], [1, 4]) },
      attrs: { outputSize: [3, 2] },
      expected: { y: f32Tensor([1, 3, 2, 1], [1, 1, 2.5, 2.5, 4, 4]) },
    },
    { name: "one window over all", inputs: { x: fixed(1, 2, 7, 11, 5) }, attrs: { outputSize: [1, 1] } },
    { name: "sizes that do not divide, whole vec4s", inputs: { x: fixed(2, 2, 7, 11, 8) }, attrs: { outputSize: [3, 4] } },
    { name: "as it is", inputs: { x: fixed(3, 1, 3, 5, 2) }, attrs: { outputSize: [3, 5] } },
  ],
  random: (r) => ({
    name: "random",
    inputs: { x: normal(r, [r.int(1, 3), r.int(1, 9), r.int(1, 9), r.pick(RANDOM_CHANNELS)]) },
    attrs: { outputSize: [r.int(1, 7), r.int(1, 7)] },
  }),
};
