import { sigmoidOf } from "../../src/ops/sigmoid.ts";
import { sigmoidBackward } from "../../src/ops/sigmoidBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryBackwardCases } from "../support/unary-cases.ts";

export const sigmoidBackwardCases: OpCases = unaryBackwardCases(
  {
    op: sigmoidBackward,
    tolerance: { rtol: 2 ** -21, atol: 2 ** -120, why: "two multiplications and a difference; y near 0 may be subnormal" },
    cases: [
      {
        name: "largest in the middle, 0 at the ends",
        inputs: { dy: f32Tensor([4], [4, 8, -8, NaN]), y: f32Tensor([4], [0.5, 0, 1, 0.5]) },
        expected: { dx: f32Tensor([4], [1, 0, 0, NaN]) },
      },
    ],
  },
  (v) => Math.fround(sigmoidOf(v)),
);
