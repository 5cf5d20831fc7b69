import { leakyRelu } from "../../src/ops/leakyRelu.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryCases } from "../support/unary-cases.ts";

export const leakyReluCases: OpCases = unaryCases({
  op: leakyRelu,
  attrs: { negativeSlope: 0.1 },
  tolerance: {
    rtol: 2 ** -23,
    atol: 2 ** -126,
    why: "one multiplication; WGSL leaves the rounding direction open and subnormals may become 0",
  },
  kinks: [0],
  cases: [
    {
      name: "the slope below 0 alone",
      inputs: { x: f32Tensor([6], [2, 0, -2, Infinity, -Infinity, NaN]) },
      attrs: { negativeSlope: 0.25 },
      expected: { y: f32Tensor([6], [2, 0, -0.5, Infinity, -Infinity, NaN]) },
    },
    {
      name: "a slope above 1: no maximum of two lines",
      inputs: { x: f32Tensor([3], [2, 0, -2]) },
      attrs: { negativeSlope: 2 },
      expected: { y: f32Tensor([3], [2, 0, -4]) },
    },
  ],
  random: (r) => ({ negativeSlope: r.uniform(-1, 2) }),
});
