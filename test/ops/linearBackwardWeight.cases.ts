import { linearBackwardWeight } from "../../src/ops/linearBackwardWeight.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const linearBackwardWeightCases: OpCases = {
  op: linearBackwardWeight,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some hundred products of about 1 in f32, each addition off by 2^-24 of the sum so far; the reference adds in f64",
  },
  cases: [
    {
      name: "dweight is [out, in], summed over rows",
      inputs: { x: f32Tensor([2, 2], [1, 2, 3, 4]), dy: f32Tensor([2, 1], [1, 10]) },
      expected: { dweight: f32Tensor([1, 2], [31, 42]) },
    },
    { name: "no leading axis", inputs: { x: fixed(1, 7), dy: fixed(2, 5) } },
    { name: "three leading axes", inputs: { x: fixed(3, 2, 3, 5, 11), dy: fixed(4, 2, 3, 5, 13) } },
    { name: "the digit net's last layer", inputs: { x: fixed(5, 64, 1960), dy: fixed(6, 64, 10) } },
  ],
  random(r) {
    const lead = Array.from({ length: r.int(0, 3) }, () => r.int(1, 5));
    return { name: "random", inputs: { x: normal(r, [...lead, r.int(1, 50)]), dy: normal(r, [...lead, r.int(1, 40)]) } };
  },
};
