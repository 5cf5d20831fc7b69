import { leakyReluBackward } from "../../src/ops/leakyReluBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryBackwardCases } from "../support/unary-cases.ts";

export const leakyReluBackwardCases: OpCases = unaryBackwardCases({
  op: leakyReluBackward,
  attrs: { negativeSlope: 0.1 },
  tolerance: { rtol: 2 ** -23, atol: 0, why: "one multiplication; WGSL leaves the rounding direction open" },
  cases: [
    {
      name: "the slope at 0 and for NaN",
      inputs: { dy: f32Tensor([6], [4, 8, 12, 16, 20, 24]), x: f32Tensor([6], [0, -0, 1e-40, -1, NaN, Infinity]) },
      attrs: { negativeSlope: 0.25 },
      expected: { dx: f32Tensor([6], [1, 2, 12, 4, 5, 24]) },
    },
  ],
  random: (r) => ({ negativeSlope: r.uniform(-1, 2) }),
});
