import { qsub } from "../../src/ops/qsub.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { filled } from "../support/quantized.ts";
import { randomAddition, scaled, sharedCases } from "./qadd.cases.ts";

export const qsubCases: OpCases = {
  op: qsub,
  cases: [
    {
      name: "equal scales: the difference of what is above the zero points, saturated",
      inputs: scaled(tensor("i8", [1, 5], [1, 2, 127, -128, -7]), tensor("i8", [1, 5], [3, -4, -128, 127, 5]), [0.5, 0.5, 0.5], [0, 0, 0]),
      expected: { y: tensor("i8", [1, 5], [-2, 6, 127, -128, -12]) },
    },
    {
      name: "the second term is rounded before it is subtracted: half up becomes half down",
      inputs: {
        ...scaled(filled([1], 0), filled([1], 1), [1, 1, 1], [0, 0, 0]),
        multiplier: tensor("i32", [3], [2 ** 30, 2 ** 30, 2 ** 30]),
        // R1 makes 2^20 a half; R2 keeps what it is given.
        exponent: tensor("i32", [3], [1, -19 - 1, 1]),
      },
      expected: { y: tensor("i8", [1], [-1]) },
    },
    {
      name: "zero is 0, not -0, by the float rules",
      inputs: scaled(filled([5], 0), filled([5], 0), [1, 1, 1], [0, 0, 9], "float"),
      attrs: { rounding: "float" },
      expected: { y: filled([5], 9) },
    },
    ...sharedCases(qsub),
  ],
  random: randomAddition,
};
