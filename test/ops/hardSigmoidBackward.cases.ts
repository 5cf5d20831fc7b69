import { hardSigmoidBackward } from "../../src/ops/hardSigmoidBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryBackwardCases } from "../support/unary-cases.ts";

export const hardSigmoidBackwardCases: OpCases = unaryBackwardCases({
  op: hardSigmoidBackward,
  tolerance: { rtol: 2 ** -22, atol: 0, why: "a multiplication by the rounded 1/6" },
  cases: [
    {
      name: "0 at both bounds and for NaN",
      inputs: { dy: f32Tensor([5], [6, 6, 6, 6, 6]), x: f32Tensor([5], [-3, 3, 2.9999998, -2.9999998, NaN]) },
      expected: { dx: f32Tensor([5], [0, 0, 1, 1, 0]) },
    },
  ],
});
