import { hardSigmoid } from "../../src/ops/hardSigmoid.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryCases } from "../support/unary-cases.ts";

export const hardSigmoidCases: OpCases = unaryCases({
  op: hardSigmoid,
  tolerance: { rtol: 2 ** -21, atol: 2 ** -23, why: "x + 3 is rounded at 2^-23 where it nearly cancels, then one multiplication" },
  kinks: [-3, 3],
  cases: [
    {
      name: "both bounds, the middle, and what has no number",
      inputs: { x: f32Tensor([7], [-3, 3, 0, 1.5, Infinity, -Infinity, NaN]) },
      expected: { y: f32Tensor([7], [0, 1, 0.5, 0.75, 1, 0, NaN]) },
    },
  ],
});
