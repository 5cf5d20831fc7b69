import { Random } from "../../src/numerics/random.ts";
import { relu } from "../../src/ops/relu.ts";
import type { OpCases } from "../support/cases.ts";
import { apart, f32Tensor, normal } from "../support/float.ts";

export const reluCases: OpCases = {
  op: relu,
  differentiable: ["x"],
  smooth: (c) => ({ ...c, inputs: { x: apart(new Random(1), c.inputs["x"]!.shape) } }),
  cases: [
    {
      name: "NaN, infinities, denormals and both zeros",
      inputs: { x: f32Tensor([11], [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-40, -1e-40, 3.4e38, -3.4e38]) },
      expected: { y: f32Tensor([11], [0, 0, 1, 0, Infinity, 0, NaN, 1e-40, 0, 3.4e38, 0]) },
    },
    { name: "one element", inputs: { x: f32Tensor([1], [-3]) }, expected: { y: f32Tensor([1], [0]) } },
    { name: "prime length, beyond one workgroup", inputs: { x: normal(new Random(2), [13, 83]) } },
  ],
  random: (r) => ({ name: "random", inputs: { x: normal(r, [r.int(1, 40), r.int(1, 40)]) } }),
};
