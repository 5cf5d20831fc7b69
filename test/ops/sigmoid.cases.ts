import { sigmoid } from "../../src/ops/sigmoid.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryCases } from "../support/unary-cases.ts";

export const sigmoidCases: OpCases = unaryCases({
  op: sigmoid,
  tolerance: { rtol: 1e-5, atol: 2 ** -24, why: "exp may be 3 + 2 |x| ULP off, a division 2.5; below 2^-24 nothing is left to compare" },
  cases: [
    {
      name: "far from 0: 0 and 1, no NaN of an overflow",
      inputs: { x: f32Tensor([8], [0, -0, 1000, -1000, 89, -89, Infinity, -Infinity]) },
      expected: { y: f32Tensor([8], [0.5, 0.5, 1, 0, 1, 0, 1, 0]) },
    },
    {
      name: "small results keep their digits: x = -10 and -15",
      inputs: { x: f32Tensor([2], [-10, -15]) },
      expected: { y: f32Tensor([2], [4.5397868702434395e-5, 3.059022269256247e-7]) },
    },
  ],
});
