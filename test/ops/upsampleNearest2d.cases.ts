import { upsampleNearest2d } from "../../src/ops/upsampleNearest2d.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const upsampleNearest2dCases: OpCases = {
  op: upsampleNearest2d,
  differentiable: ["x"],
  cases: [
    {
      name: "each pixel becomes a block",
      inputs: { x: f32Tensor([1, 2, 2, 1], [1, 2, 3, 4]) },
      expected: { y: f32Tensor([1, 4, 4, 1], [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]) },
    },
    {
      name: "other factors for the axes, two channels",
      inputs: { x: f32Tensor([1, 1, 2, 2], [1, 2, 3, 4]) },
      attrs: { scale: [2, 1] },
      expected: { y: f32Tensor([1, 2, 2, 2], [1, 2, 3, 4, 1, 2, 3, 4]) },
    },
    { name: "prime sizes, several images", inputs: { x: fixed(1, 3, 5, 7, 11) }, attrs: { scale: [3, 2] } },
    { name: "one pixel", inputs: { x: fixed(2, 2, 1, 1, 5) }, attrs: { scale: [5, 7] } },
    { name: "factors of 1 keep the memory", inputs: { x: fixed(3, 2, 3, 5, 7) }, attrs: { scale: [1, 1] } },
    { name: "NaN and infinities pass", inputs: { x: f32Tensor([1, 1, 3, 1], [NaN, Infinity, -0]) } },
  ].map((c) => ({ ...c, attrs: { scale: [2, 2], ...c.attrs } })),
  smooth: (c) => ({ ...c, inputs: { x: fixed(4, ...c.inputs["x"]!.shape) } }),
  random: (r) => ({
    name: "random",
    inputs: { x: normal(r, [r.int(1, 3), r.int(1, 6), r.int(1, 6), r.int(1, 9)]) },
    attrs: { scale: [r.int(1, 4), r.int(1, 4)] },
  }),
};
