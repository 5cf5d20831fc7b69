import { add } from "../../src/ops/add.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const smooth = (c: OpCase): OpCase => ({ ...c, attrs: { activation: "none" } });

export const addCases: OpCases = {
  op: add,
  tolerance: { rtol: 2 ** -23, atol: 0, why: "one addition; WGSL leaves the rounding direction open" },
  differentiable: ["a", "b"],
  smooth,
  cases: [
    { name: "same shape", inputs: { a: fixed(1, 3, 5, 7), b: fixed(2, 3, 5, 7) } },
    { name: "same shape with relu", inputs: { a: fixed(3, 257), b: fixed(4, 257) }, attrs: { activation: "relu" } },
    {
      name: "a bias over channels",
      inputs: { a: f32Tensor([2, 3], [1, 2, 3, 4, 5, 6]), b: f32Tensor([3], [10, 20, 30]) },
      expected: { y: f32Tensor([2, 3], [11, 22, 33, 14, 25, 36]) },
    },
    {
      name: "both sides are broadcast: a column plus a row",
      inputs: { a: f32Tensor([2, 1], [1, 2]), b: f32Tensor([1, 3], [10, 20, 30]) },
      expected: { y: f32Tensor([2, 3], [11, 21, 31, 12, 22, 32]) },
    },
    { name: "the left side is the smaller one", inputs: { a: fixed(5, 5, 1), b: fixed(6, 2, 3, 5, 7) } },
    { name: "a scalar", inputs: { a: fixed(7, 3, 5), b: fixed(8, 1) } },
    { name: "six axes that alternate", inputs: { a: fixed(9, 2, 1, 3, 1, 2, 1), b: fixed(10, 1, 3, 1, 2, 1, 5) } },
    { name: "a mask over pixels, relu", inputs: { a: fixed(11, 2, 3, 5, 1), b: fixed(12, 2, 3, 5, 7) }, attrs: { activation: "relu" } },
    { name: "sizes of 1 that are no broadcast", inputs: { a: fixed(13, 1, 7, 1), b: fixed(14, 1, 7, 1) } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 5) }, () => r.int(1, 6));
    const side = (): number[] => shape.map((d) => (r.int(0, 2) === 0 ? 1 : d)).slice(r.int(0, 1));
    const [a, b] = [side(), side()];
    return { name: "random", inputs: { a: normal(r, a), b: normal(r, b) }, attrs: { activation: r.pick(["none", "relu"]) } };
  },
};
