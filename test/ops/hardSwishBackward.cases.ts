import { hardSwishBackward } from "../../src/ops/hardSwishBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryBackwardCases } from "../support/unary-cases.ts";

export const hardSwishBackwardCases: OpCases = unaryBackwardCases({
  op: hardSwishBackward,
  tolerance: { rtol: 2 ** -20, atol: 2 ** -20, why: "x / 3 may be 2.5 ULP off, and the sum nearly cancels around -1.5" },
  cases: [
    {
      name: "0 at -3, dy at 3, NaN for NaN",
      inputs: { dy: f32Tensor([6], [2, 2, 2, 2, 2, 2]), x: f32Tensor([6], [-3, 3, 0, -1.5, Infinity, NaN]) },
      expected: { dx: f32Tensor([6], [0, 2, 1, 0, 2, NaN]) },
    },
  ],
});
