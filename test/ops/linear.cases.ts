import { linear } from "../../src/ops/linear.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

const smooth = (c: OpCase): OpCase => ({ ...c, attrs: { ...c.attrs, activation: "none" } });

export const linearCases: OpCases = {
  op: linear,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some hundred products of about 1 in f32, each addition off by 2^-24 of the sum so far; the reference adds in f64",
  },
  differentiable: ["x", "weight", "bias"],
  smooth,
  cases: [
    {
      name: "weights are [out, in]",
      inputs: { x: f32Tensor([1, 2], [1, 10]), weight: f32Tensor([3, 2], [1, 2, 3, 4, 5, 6]), bias: f32Tensor([3], [100, 200, 300]) },
      expected: { y: f32Tensor([1, 3], [121, 243, 365]) },
    },
    {
      name: "fused relu",
      inputs: { x: f32Tensor([2, 1], [-1, 1]), weight: f32Tensor([2, 1], [1, -1]) },
      attrs: { activation: "relu" },
      expected: { y: f32Tensor([2, 2], [0, 1, 1, 0]) },
    },
    { name: "no leading axis", inputs: { x: fixed(1, 7), weight: fixed(2, 5, 7), bias: fixed(3, 5) } },
    { name: "three leading axes", inputs: { x: fixed(4, 2, 3, 5, 11), weight: fixed(5, 13, 11) } },
    { name: "prime sizes, rows beyond one tile", inputs: { x: fixed(6, 67, 31), weight: fixed(7, 23, 31), bias: fixed(8, 23) } },
    { name: "the digit net's last layer", inputs: { x: fixed(9, 5, 1960), weight: fixed(10, 10, 1960), bias: fixed(11, 10) } },
    { name: "enough work for wide tiles", inputs: { x: fixed(14, 131, 257), weight: fixed(15, 139, 257), bias: fixed(16, 139) } },
    { name: "one feature to one feature", inputs: { x: fixed(12, 3, 1), weight: fixed(13, 1, 1) } },
  ],
  random(r) {
    const [inner, out] = [r.int(1, 40), r.int(1, 50)];
    const lead = Array.from({ length: r.int(0, 3) }, () => r.int(1, 5));
    return {
      name: "random",
      inputs: { x: normal(r, [...lead, inner]), weight: normal(r, [out, inner]), ...(r.int(0, 1) === 1 && { bias: normal(r, [out]) }) },
      attrs: { activation: r.pick(["none", "relu"]) },
    };
  },
};
