import { concat } from "../../src/ops/concat.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { joinCases } from "../support/joins.ts";

export const concatCases: OpCases = {
  ...joinCases(
    concat,
    (seed, shape) => fixed(seed + 1, ...shape),
    (r) => (shape) => normal(r, shape),
    [
      {
        name: "columns",
        inputs: { x0: f32Tensor([2, 1], [1, 2]), x1: f32Tensor([2, 2], [3, 4, 5, 6]) },
        attrs: { axis: -1 },
        expected: { y: f32Tensor([2, 3], [1, 3, 4, 2, 5, 6]) },
      },
    ],
  ),
  differentiable: ["x0", "x1", "x2", "x3", "x4", "x5"],
};
