import { accumulate } from "../../src/ops/accumulate.ts";
import { scalar } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";

const inputs = (loss: number, correct: number, lossTotal: number, correctTotal: number) => ({
  loss: scalar("f32", loss),
  correct: scalar("i32", correct),
  lossTotal: scalar("f32", lossTotal),
  correctTotal: scalar("i32", correctTotal),
});

export const accumulateCases: OpCases = {
  op: accumulate,
  cases: [
    {
      name: "adds to both totals",
      inputs: inputs(2.5, 7, 1.25, 11),
      expected: { lossTotalOut: scalar("f32", 3.75), correctTotalOut: scalar("i32", 18) },
    },
    {
      name: "from zero",
      inputs: inputs(0.125, 0, 0, 0),
      expected: { lossTotalOut: scalar("f32", 0.125), correctTotalOut: scalar("i32", 0) },
    },
    {
      name: "counts beyond 2^24 stay exact",
      inputs: inputs(0, 1, 0, 2 ** 24),
      expected: { lossTotalOut: scalar("f32", 0), correctTotalOut: scalar("i32", 2 ** 24 + 1) },
    },
  ],
  random: (r) => ({ name: "random", inputs: inputs(r.uniform(0, 5), r.int(0, 64), r.uniform(0, 1000), r.int(0, 100000)) }),
  tolerance: { rtol: 2 ** -23, atol: 0, why: "one f32 addition, whose rounding WGSL leaves open" },
};
