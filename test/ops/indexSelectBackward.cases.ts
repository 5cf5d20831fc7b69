import { indexSelectBackward } from "../../src/ops/indexSelectBackward.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const indexSelectBackwardCases: OpCases = {
  op: indexSelectBackward,
  tolerance: { rtol: 1e-6, atol: 1e-5, why: "the GPU adds up to some hundred numbers of about 1 in f32, the reference in f64" },
  cases: [
    {
      name: "selected twice is added, never selected is 0",
      inputs: { dy: f32Tensor([3, 2], [1, 2, 3, 4, 5, 6]), index: tensor("i32", [3], [2, 0, 2]) },
      attrs: { axis: 0, size: 4 },
      expected: { dx: f32Tensor([4, 2], [3, 4, 0, 0, 6, 8, 0, 0]) },
    },
    {
      name: "the innermost axis; out of range counts as the nearest",
      inputs: { dy: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]), index: tensor("i32", [3], [-1, 9, 1]) },
      attrs: { axis: 1, size: 2 },
      expected: { dx: f32Tensor([2, 2], [1, 5, 4, 11]) },
    },
    { name: "nothing selected", inputs: { dy: fixed(1, 3, 0), index: tensor("i32", [0], []) }, attrs: { axis: 1, size: 5 } },
    {
      name: "many on one, beyond one workgroup",
      inputs: {
        dy: fixed(2, 3, 211, 7),
        index: tensor(
          "i32",
          [211],
          Array.from({ length: 211 }, (_, k) => (k * 7) % 5),
        ),
      },
      attrs: { axis: 1, size: 31 },
    },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 9));
    const axis = r.int(0, shape.length - 1);
    const size = r.int(1, 9);
    const index = tensor(
      "i32",
      [shape[axis]!],
      Array.from({ length: shape[axis]! }, () => r.int(-1, size)),
    );
    return { name: "random", inputs: { dy: normal(r, shape), index }, attrs: { axis, size } };
  },
};
