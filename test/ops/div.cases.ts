import { div } from "../../src/ops/div.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { broadcastCases } from "../support/broadcast-cases.ts";
import type { OpCase } from "../support/cases.ts";
import { f32Tensor } from "../support/float.ts";

const near = (v: number): number => Math.max(-8, Math.min(8, v));

/** Divisors at least 1 in size, for quotients near a divisor of 0 bend too much for differences; and nothing huge. */
function adapt(c: OpCase): OpCase {
  const { a, b } = c.inputs as Record<"a" | "b", Tensor<"f32">>;
  return { ...c, inputs: { a: { ...a, data: a.data.map(near) }, b: { ...b, data: b.data.map((v) => near(v < 0 ? v - 1 : v + 1)) } } };
}

export const divCases = broadcastCases(div, (a, b) => a / b, {
  tolerance: { rtol: 2 ** -21, atol: 0, why: "a division may be 2.5 ULP off, the reference rounds once" },
  adapt,
  cases: [
    {
      name: "signs, and sizes near the ends of the range",
      inputs: { a: f32Tensor([5], [-1, 1, 2 ** 100, 2 ** -100, 0]), b: f32Tensor([5], [2, -4, 2 ** 100, 2 ** -100, 3]) },
      expected: { y: f32Tensor([5], [-0.5, -0.25, 1, 1, 0]) },
    },
    {
      name: "relu6 cuts both ends",
      inputs: { a: f32Tensor([2, 2], [1, -1, 7, 14]), b: f32Tensor([2, 1], [-2, 1]) },
      attrs: { activation: "relu6" },
      expected: { y: f32Tensor([2, 2], [0, 0.5, 6, 6]) },
    },
  ],
});
