import { softmax } from "../../src/ops/softmax.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const softmaxCases: OpCases = {
  op: softmax,
  tolerance: { rtol: 1e-5, atol: 2 ** -24, why: "exp may be 3 + 2 |x| ULP off, a division 2.5; below 2^-24 nothing is left to compare" },
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(9, ...c.inputs["x"]!.shape) } }),
  cases: [
    {
      name: "equal numbers share",
      inputs: { x: f32Tensor([2, 4], [3, 3, 3, 3, -1, -1, -1, -1]) },
      expected: { y: f32Tensor([2, 4], [0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]) },
    },
    {
      name: "numbers of 1000 and -1000 neither overflow nor vanish",
      inputs: { x: f32Tensor([2, 2], [1000, 1000, -1000, -2000]) },
      expected: { y: f32Tensor([2, 2], [0.5, 0.5, 1, 0]) },
    },
    {
      name: "-Infinity takes no part",
      inputs: { x: f32Tensor([1, 3], [1, -Infinity, 1]) },
      expected: { y: f32Tensor([1, 3], [0.5, 0, 0.5]) },
    },
    {
      name: "NaN, +Infinity or -Infinity alone fill their row and no other",
      inputs: { x: f32Tensor([4, 2], [NaN, 0, 0, Infinity, -Infinity, -Infinity, 0, 0]) },
      expected: { y: f32Tensor([4, 2], [NaN, NaN, NaN, NaN, NaN, NaN, 0.5, 0.5]) },
    },
    { name: "one axis, given by its number", inputs: { x: fixed(1, 11) }, attrs: { axis: 0 } },
    { name: "rows of one", inputs: { x: fixed(2, 5, 1) }, attrs: { axis: 1 } },
    { name: "three axes, beyond one workgroup", inputs: { x: fixed(3, 7, 13, 5) } },
    { name: "a long row", inputs: { x: fixed(4, 2, 1009) } },
  ],
  random: (r) => ({ name: "random", inputs: { x: normal(r, [r.int(1, 40), r.int(1, 40)]) } }),
};
