import { packWeight } from "../../src/ops/packWeight.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, made } from "../support/quantized.ts";

export const packWeightCases: OpCases = {
  op: packWeight,
  cases: [
    {
      name: "5 output and 2 input channels: both axes end in the middle of a word",
      inputs: { w: tensor("i8", [5, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, -10]) },
      expected: {
        y: tensor("i8", [2, 1, 4, 4], [1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 9, -10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      },
    },
    {
      name: "kernel axes stay between the channel groups",
      inputs: { w: tensor("i8", [1, 1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) },
      expected: {
        y: tensor(
          "i8",
          [1, 1, 2, 2, 4, 4],
          [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((v, i) =>
            i % 5 === 4 ? [v, ...Array<number>(15).fill(0)] : i % 5 === 3 ? [v, ...Array<number>(12).fill(0)] : [v],
          ),
        ),
      },
    },
    { name: "a single value", inputs: { w: tensor("i8", [1, 1], [-128]) } },
    { name: "prime sizes", inputs: { w: made([7, 3, 5, 11], (i) => ((i * 37) % 255) - 127) } },
  ],
  random(r) {
    const mid = r.pick([[], [1, 1], [3, 3], [1, 5], [2, 1]]);
    const shape = [r.pick(CHANNELS), ...mid, r.pick(CHANNELS)];
    return { name: "random", inputs: { w: made(shape, () => r.int(-127, 127)) } };
  },
};
