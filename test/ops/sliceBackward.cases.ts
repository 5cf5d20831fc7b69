import { sliceBackward } from "../../src/ops/sliceBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const sliceBackwardCases: OpCases = {
  op: sliceBackward,
  differentiable: ["dy"],
  cases: [
    {
      name: "zeros before and after",
      inputs: { dy: f32Tensor([2, 2], [1, 2, 3, 4]) },
      attrs: { axis: 1, start: 1, size: 4 },
      expected: { dx: f32Tensor([2, 4], [0, 1, 2, 0, 0, 3, 4, 0]) },
    },
    { name: "zeros before, along the batch", inputs: { dy: fixed(1, 2, 3, 5) }, attrs: { axis: 0, start: 3, size: 5 } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 7));
    const axis = r.int(0, shape.length - 1);
    const start = r.int(0, 3);
    return { name: "random", inputs: { dy: normal(r, shape) }, attrs: { axis, start, size: start + shape[axis]! + r.int(0, 3) } };
  },
};
