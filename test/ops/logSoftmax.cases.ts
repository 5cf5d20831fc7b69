import { logSoftmax } from "../../src/ops/logSoftmax.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const logSoftmaxCases: OpCases = {
  op: logSoftmax,
  tolerance: {
    rtol: 2 ** -22,
    atol: 2 ** -17,
    why: "a sum of a thousand exps is off by some 2^-20 of itself, its log by as much plus 2^-21 near 1; two subtractions by 2^-24 each",
  },
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: fixed(9, ...c.inputs["x"]!.shape) } }),
  cases: [
    {
      name: "equal numbers share",
      inputs: { x: f32Tensor([2, 4], [3, 3, 3, 3, -1, -1, -1, -1]) },
      expected: { y: f32Tensor([2, 4], new Array<number>(8).fill(-Math.log(4))) },
    },
    {
      name: "numbers of 1000 and -1000 do not overflow, what softmax makes 0 keeps its logarithm",
      inputs: { x: f32Tensor([2, 2], [1000, 1000, -1000, -2000]) },
      expected: { y: f32Tensor([2, 2], [-Math.log(2), -Math.log(2), 0, -1000]) },
    },
    {
      name: "-Infinity takes no part",
      inputs: { x: f32Tensor([1, 3], [1, -Infinity, 1]) },
      expected: { y: f32Tensor([1, 3], [-Math.log(2), -Infinity, -Math.log(2)]) },
    },
    {
      name: "NaN, +Infinity or -Infinity alone fill their row and no other",
      inputs: { x: f32Tensor([4, 2], [NaN, 0, 0, Infinity, -Infinity, -Infinity, 0, 0]) },
      expected: { y: f32Tensor([4, 2], [NaN, NaN, NaN, NaN, NaN, NaN, -Math.log(2), -Math.log(2)]) },
    },
    { name: "one axis, given by its number", inputs: { x: fixed(1, 11) }, attrs: { axis: 0 } },
    { name: "rows of one are 0", inputs: { x: fixed(2, 5, 1) }, attrs: { axis: 1 }, expected: { y: f32Tensor([5, 1], [0, 0, 0, 0, 0]) } },
    { name: "three axes, beyond one workgroup", inputs: { x: fixed(3, 7, 13, 5) } },
    { name: "a long row", inputs: { x: fixed(4, 2, 1009) } },
  ],
  random: (r) => ({ name: "random", inputs: { x: normal(r, [r.int(1, 40), r.int(1, 40)]) } }),
};
