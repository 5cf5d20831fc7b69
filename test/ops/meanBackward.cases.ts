import { mean } from "../../src/ops/mean.ts";
import { meanBackward } from "../../src/ops/meanBackward.ts";
import { Random } from "../../src/numerics/random.ts";
import { sizes } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";
import { meanCases } from "./mean.cases.ts";

/** The gradient for a case of mean, dy normal numbers. */
function backward(c: OpCase, r: Random): OpCase {
  const attrs = { keepDim: false, axes: [0], ...c.attrs };
  const x = c.inputs["x"]!;
  const shape = sizes(mean.infer({ x }, attrs, "mean")["y"]!.shape);
  return { name: c.name, inputs: { dy: normal(r, shape) }, attrs: { ...attrs, sizes: attrs.axes.map((a) => x.shape.at(a)!) } };
}

export const meanBackwardCases: OpCases = {
  op: meanBackward,
  tolerance: { rtol: 1e-6, atol: 0, why: "WGSL divides to 2.5 ulp" },
  cases: [
    {
      name: "a new axis in the middle",
      inputs: { dy: f32Tensor([2, 1], [4, 8]) },
      attrs: { axes: [1], sizes: [2] },
      expected: { dx: f32Tensor([2, 2, 1], [2, 2, 4, 4]) },
    },
    {
      name: "sizes go with the axes as they are named",
      inputs: { dy: f32Tensor([1], [6]) },
      attrs: { axes: [-1, 0], sizes: [3, 1] },
      expected: { dx: f32Tensor([1, 1, 3], [2, 2, 2]) },
    },
    { name: "pixels of whole vec4s", inputs: { dy: fixed(1, 3, 1, 1, 8) }, attrs: { axes: [1, 2], sizes: [5, 7], keepDim: true } },
    ...meanCases.cases.map((c, i) => backward(c, new Random(i, 5))),
  ],
  random: (r) => backward(meanCases.random(r), r),
};
