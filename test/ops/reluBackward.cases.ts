import { Random } from "../../src/numerics/random.ts";
import { reluBackward } from "../../src/ops/reluBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, normal } from "../support/float.ts";

export const reluBackwardCases: OpCases = {
  op: reluBackward,
  cases: [
    {
      name: "0 at 0, also at -0; NaN lets the gradient pass; denormals are positive",
      inputs: {
        dy: f32Tensor([11], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        y: f32Tensor([11], [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-40, -1e-40, 3.4e38, -3.4e38]),
      },
      expected: { dx: f32Tensor([11], [0, 0, 3, 0, 5, 0, 7, 8, 0, 10, 0]) },
    },
    {
      name: "NaN in dy passes or goes, never spreads",
      inputs: { dy: f32Tensor([3], [NaN, NaN, 1]), y: f32Tensor([3], [1, 0, 1]) },
      expected: { dx: f32Tensor([3], [NaN, 0, 1]) },
    },
    { name: "prime length", inputs: { dy: normal(new Random(1), [7, 151]), y: normal(new Random(2), [7, 151]) } },
  ],
  random(r) {
    const shape = [r.int(1, 40), r.int(1, 40)];
    return { name: "random", inputs: { dy: normal(r, shape), y: normal(r, shape) } };
  },
};
