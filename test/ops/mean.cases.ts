import type { Random } from "../../src/numerics/random.ts";
import { mean } from "../../src/ops/mean.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

/** Distinct axes of a tensor of this rank in any order, some counted from the end. */
export const randomAxes = (r: Random, rank: number): readonly number[] =>
  Array.from(r.permutation(rank).slice(0, r.int(1, rank)), (a) => (r.int(0, 2) === 0 ? a - rank : a));

export const meanCases: OpCases = {
  op: mean,
  differentiable: ["x"],
  tolerance: {
    rtol: 1e-5,
    atol: 1e-6,
    why: "the GPU adds up to 9,000 numbers of about 1 in f32, axis by axis and in chunks; the reference adds in f64",
  },
  cases: [
    {
      name: "the last axis is gone",
      inputs: { x: f32Tensor([2, 3], [1, 2, 6, -1, -2, 0]) },
      attrs: { axes: [-1] },
      expected: { y: f32Tensor([2], [3, -1]) },
    },
    {
      name: "the first axis stays with size 1",
      inputs: { x: f32Tensor([2, 3], [1, 2, 6, -1, -2, 0]) },
      attrs: { axes: [0], keepDim: true },
      expected: { y: f32Tensor([1, 3], [0, 0, 3]) },
    },
    { name: "height and width, out of order", inputs: { x: fixed(1, 2, 5, 7, 3) }, attrs: { axes: [2, 1] } },
    { name: "axes 0 and 2 of 4", inputs: { x: fixed(2, 3, 5, 7, 11) }, attrs: { axes: [0, -2] } },
    { name: "axes 1 and 3 of 4", inputs: { x: fixed(3, 3, 5, 7, 11) }, attrs: { axes: [1, 3], keepDim: true } },
    { name: "everything", inputs: { x: fixed(4, 7, 11, 113) }, attrs: { axes: [0, 1, 2] } },
    { name: "axes of size 1 alone", inputs: { x: fixed(5, 3, 1, 5) }, attrs: { axes: [1] } },
    { name: "three axes of six", inputs: { x: fixed(6, 2, 3, 2, 3, 2, 5) }, attrs: { axes: [1, 3, 5] } },
  ],
  random(r) {
    const x = normal(
      r,
      Array.from({ length: r.int(1, 6) }, () => r.pick([1, 2, 3, 5, 8])),
    );
    return { name: "random", inputs: { x }, attrs: { axes: randomAxes(r, x.shape.length), keepDim: r.int(0, 1) === 1 } };
  },
};
