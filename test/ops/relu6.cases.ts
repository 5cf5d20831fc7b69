import { relu6 } from "../../src/ops/relu6.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryCases } from "../support/unary-cases.ts";

export const relu6Cases: OpCases = unaryCases({
  op: relu6,
  kinks: [0, 6],
  cases: [
    {
      name: "both bounds and beyond",
      inputs: { x: f32Tensor([9], [0, -0, 6, 7, -1, Infinity, -Infinity, NaN, 1e-40]) },
      expected: { y: f32Tensor([9], [0, 0, 6, 6, 0, 6, 0, NaN, 1e-40]) },
    },
  ],
});
