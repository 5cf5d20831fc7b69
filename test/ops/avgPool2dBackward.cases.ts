import { Random } from "../../src/numerics/random.ts";
import { avgPool2dBackward } from "../../src/ops/avgPool2dBackward.ts";
import { avgPool2d } from "../../src/ops/avgPool2d.ts";
import { sizes } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, normal } from "../support/float.ts";
import { avgPool2dCases } from "./avgPool2d.cases.ts";

/** The gradient for a case of avgPool2d, dy normal numbers. */
function backward(c: OpCase, r: Random): OpCase {
  const attrs = { ...avgPool2d.defaults, ...c.attrs };
  const x = c.inputs["x"]!;
  const shape = sizes(avgPool2d.infer({ x }, attrs as never, "avgPool2d")["y"]!.shape);
  return { name: c.name, inputs: { dy: normal(r, shape) }, attrs: { ...attrs, inputSize: x.shape.slice(1, 3) } };
}

export const avgPool2dBackwardCases: OpCases = {
  op: avgPool2dBackward,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-6,
    why: "sums of up to 117 gradients of about 1 in f32, at most 26 one after the other, each divided to 2.5 ulp, twice",
  },
  cases: [
    {
      name: "overlapping windows add up, each by its own divisor",
      inputs: { dy: f32Tensor([1, 1, 3, 1], [6, 12, 24]) },
      attrs: { kernel: [1, 3], stride: [1, 1], padding: [0, 0, 1, 1], countIncludePad: false, inputSize: [1, 3] },
      expected: { dx: f32Tensor([1, 1, 3, 1], [7, 19, 16]) },
    },
    {
      name: "pixels of no window get 0",
      inputs: { dy: f32Tensor([1, 1, 1, 1], [4]) },
      attrs: { kernel: [1, 2], stride: [2, 2], inputSize: [2, 3] },
      expected: { dx: f32Tensor([1, 2, 3, 1], [2, 2, 0, 0, 0, 0]) },
    },
    ...avgPool2dCases.cases.map((c, i) => backward(c, new Random(i, 5))),
  ],
  random: (r) => backward(avgPool2dCases.random(r), r),
};
