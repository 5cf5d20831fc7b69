import { packWeight } from "../../src/ops/packWeight.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, made, unsigned } from "../support/quantized.ts";

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
    {
      name: "u8 becomes i8",
      inputs: { w: tensor("u8", [1, 3], [0, 128, 255]) },
      expected: { y: tensor("i8", [1, 1, 4, 4], [-128, 0, 127, ...Array<number>(13).fill(0)]) },
    },
    {
      name: "3 groups of 2: zeros in the lanes of other groups, the last 2 channels begin a word later",
      inputs: { w: tensor("i8", [6, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) },
      attrs: { groups: 3 },
      expected: {
        y: tensor("i8", [2, 1, 4, 4], [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 9, 10, 0, 0, 11, 12, ...Array<number>(10).fill(0)]),
      },
    },
    {
      name: "depthwise: channels side by side at each tap",
      inputs: { w: tensor("i8", [5, 1, 2, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) },
      attrs: { groups: 5 },
      expected: { y: tensor("i8", [1, 2, 5], [1, 3, 5, 7, 9, 2, 4, 6, 8, 10]) },
    },
    { name: "prime sizes", inputs: { w: made([7, 3, 5, 11], (i) => ((i * 37) % 255) - 127) } },
  ],
  random(r) {
    const mid = r.pick([[], [1, 1], [3, 3], [1, 5], [2, 1]]);
    const [groups, icGroup, ocGroup] = r.pick([undefined, [3, 5, 5], [5, 2, 2], [8, 5, 3], [7, 1, 1], [33, 1, 1], [5, 1, 2]] as const) ?? [
      1,
      r.pick(CHANNELS),
      r.pick(CHANNELS),
    ];
    const w = made([groups * ocGroup, ...mid, icGroup], () => r.int(-128, 127));
    return { name: "random", inputs: { w: r.int(0, 1) ? w : unsigned(w) }, attrs: { groups } };
  },
};
