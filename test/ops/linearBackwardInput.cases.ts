import { linearBackwardInput } from "../../src/ops/linearBackwardInput.ts";
import type { OpCases } from "../support/cases.ts";
import { f32Tensor, fixed, normal } from "../support/float.ts";

export const linearBackwardInputCases: OpCases = {
  op: linearBackwardInput,
  tolerance: {
    rtol: 1e-5,
    atol: 1e-5,
    why: "the GPU adds up to some hundred products of about 1 in f32, each addition off by 2^-24 of the sum so far; the reference adds in f64",
  },
  cases: [
    {
      name: "weights are [out, in], not transposed",
      inputs: { dy: f32Tensor([1, 3], [1, 10, 100]), weight: f32Tensor([3, 2], [1, 2, 3, 4, 5, 6]) },
      expected: { dx: f32Tensor([1, 2], [531, 642]) },
    },
    { name: "no leading axis", inputs: { dy: fixed(1, 5), weight: fixed(2, 5, 7) } },
    { name: "three leading axes", inputs: { dy: fixed(3, 2, 3, 5, 13), weight: fixed(4, 13, 11) } },
    { name: "the digit net's last layer", inputs: { dy: fixed(5, 5, 10), weight: fixed(6, 10, 1960) } },
  ],
  random(r) {
    const [inner, out] = [r.int(1, 50), r.int(1, 40)];
    const lead = Array.from({ length: r.int(0, 3) }, () => r.int(1, 5));
    return { name: "random", inputs: { dy: normal(r, [...lead, out]), weight: normal(r, [out, inner]) } };
  },
};
