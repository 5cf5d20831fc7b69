import { Random } from "../../src/numerics/random.ts";
import { relu6Backward } from "../../src/ops/relu6Backward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, normal } from "../support/float.ts";

const BELOW = Math.fround(6 - 2 ** -21);

export const relu6BackwardCases: OpCases = {
  op: relu6Backward,
  cases: [
    {
      name: "0 at both bounds, also at -0; NaN lets the gradient pass; one step below 6 does, too",
      inputs: {
        dy: f32Tensor([11], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        y: f32Tensor([11], [0, -0, 1, -1, 6, BELOW, NaN, 1e-40, Infinity, 7, -Infinity]),
      },
      expected: { dx: f32Tensor([11], [0, 0, 3, 0, 0, 6, 7, 8, 0, 0, 0]) },
    },
    { name: "prime length", inputs: { dy: normal(new Random(1), [7, 151]), y: normal(new Random(2), [7, 151]) } },
  ],
  random(r) {
    const shape = [r.int(1, 40), r.int(1, 40)];
    return { name: "random", inputs: { dy: normal(r, shape), y: normal(r, shape) } };
  },
};
