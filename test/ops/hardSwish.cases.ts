import { hardSwish } from "../../src/ops/hardSwish.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";
import { unaryCases } from "../support/unary-cases.ts";

export const hardSwishCases: OpCases = unaryCases({
  op: hardSwish,
  tolerance: {
    rtol: 2 ** -21,
    atol: 2 ** -21,
    why: "x + 3 is rounded at 2^-23 where it nearly cancels and multiplied by about 3, then two multiplications",
  },
  kinks: [-3, 3],
  cases: [
    {
      name: "both bounds, the middle, infinities without NaN",
      inputs: { x: f32Tensor([7], [-3, 3, 0, 1.5, Infinity, -Infinity, NaN]) },
      expected: { y: f32Tensor([7], [0, 3, 0, 1.125, Infinity, 0, NaN]) },
    },
  ],
});
