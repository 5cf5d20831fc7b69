import { Random } from "../../src/numerics/random.ts";
import { softmaxBackward } from "../../src/ops/softmaxBackward.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, normal } from "../support/float.ts";

const pair = (r: Random, ...shape: number[]) => {
  const logits = normal(r, shape);
  return { dy: normal(r, shape), y: { ...logits, data: logits.data.map((v) => Math.exp(v) / (2 * shape.at(-1)!)) } };
};

export const softmaxBackwardCases: OpCases = {
  op: softmaxBackward,
  tolerance: { rtol: 1e-5, atol: 1e-5, why: "the GPU adds up to 1009 products of about 1 / n in f32, and dy - sum cancels" },
  cases: [
    {
      name: "only the difference from the mean counts",
      inputs: { dy: f32Tensor([2, 2], [1, 3, 5, 5]), y: f32Tensor([2, 2], [0.5, 0.5, 0.25, 0.75]) },
      expected: { dx: f32Tensor([2, 2], [-0.5, 0.5, 0, 0]) },
    },
    {
      name: "NaN stays in its row",
      inputs: { dy: f32Tensor([2, 2], [NaN, 3, 1, 3]), y: f32Tensor([2, 2], [0.5, 0.5, 0.5, 0.5]) },
      expected: { dx: f32Tensor([2, 2], [NaN, NaN, -0.5, 0.5]) },
    },
    { name: "three axes, beyond one workgroup", inputs: pair(new Random(1), 7, 13, 5) },
    { name: "a long row", inputs: pair(new Random(2), 2, 1009) },
  ],
  random: (r) => ({ name: "random", inputs: pair(r, r.int(1, 40), r.int(1, 40)) }),
};
