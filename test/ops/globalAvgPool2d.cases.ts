import { globalAvgPool2d } from "../../src/ops/globalAvgPool2d.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { RANDOM_CHANNELS } from "../support/pools.ts";

export const globalAvgPool2dCases: OpCases = {
  op: globalAvgPool2d,
  differentiable: ["x"],
  tolerance: {
    rtol: 1e-5,
    atol: 1e-6,
    why: "the GPU adds up to 5,000 numbers of about 1 in f32, in chunks of about 70; the reference adds in f64",
  },
  cases: [
    {
      name: "each channel has a mean of its own",
      inputs: { x: f32Tensor([1, 2, 2, 3], [1, -1, 0, 2, -2, 0, 3, -3, 0, 6, -6, 4]) },
      expected: { y: f32Tensor([1, 1, 1, 3], [3, -3, 1]) },
    },
    { name: "one pixel", inputs: { x: fixed(1, 3, 1, 1, 5) } },
    { name: "7 x 7 of whole vec4s", inputs: { x: fixed(2, 2, 7, 7, 32) } },
    { name: "a large image is summed in chunks", inputs: { x: fixed(3, 1, 61, 67, 3) } },
    { name: "a large image in vec4s", inputs: { x: fixed(4, 1, 71, 67, 4) } },
  ],
  random: (r) => ({
    name: "random",
    inputs: { x: normal(r, [r.int(1, 3), r.int(1, 13), r.int(1, 13), r.pick(RANDOM_CHANNELS)]) },
  }),
};
