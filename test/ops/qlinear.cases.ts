import { qlinear } from "../../src/ops/qlinear.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, made, randomI8, randomWeighted, unsigned, weighted } from "../support/quantized.ts";

const spread = (shape: readonly number[], step: number) => made(shape, (i) => ((i * step) % 255) - 127);

export const qlinearCases: OpCases = {
  op: qlinear,
  cases: [
    {
      name: "zero points, bias and a multiplier of 1/2: ties round up",
      inputs: {
        x: tensor("i8", [2, 2], [3, 4, 2, 4]),
        ...weighted(tensor("i8", [3, 2], [1, 2, -1, -2, 0, 1]), {
          bias: [0, 0, 4],
          multiplier: [2 ** 30, 2 ** 30, 2 ** 30],
          exponent: [0, 0, 0],
          xZeroPoint: 1,
          yZeroPoint: -3,
        }),
      },
      // sums: [8, -8, 3 + 4], [7, -7, 3 + 4]; halves: 4, -4, 3.5 and 3.5, -3.5, 3.5
      expected: { y: tensor("i8", [2, 3], [1, -7, 1, 1, -6, 1]) },
    },
    {
      name: "an accumulator beyond 2^24 that f32 would round",
      inputs: {
        x: filled([1, 2049], 127),
        ...weighted(
          made([2, 2049], (i) => (i === 0 ? 126 : 127)),
          { multiplier: [2 ** 30, 2 ** 30], exponent: [1, 1], yZeroPoint: 0, bias: [-2049 * 16129, -2049 * 16129] },
        ),
      },
      expected: { y: tensor("i8", [1, 2], [-127, 0]) },
    },
    {
      name: "both ends of the exponent: a product beyond i32 saturates before the zero point is added",
      inputs: {
        x: filled([1, 1], 127),
        ...weighted(filled([2, 1], 127), { multiplier: [2 ** 31 - 1, 2 ** 31 - 1], exponent: [30, -31], yZeroPoint: -128 }),
      },
      expected: { y: tensor("i8", [1, 2], [127, -128]) },
    },
    {
      name: "any number of leading axes",
      inputs: { x: spread([2, 3, 1, 5], 91), ...weighted(spread([7, 5], 37), { exponent: Array<number>(7).fill(-7), xZeroPoint: -77 }) },
      attrs: { activation: "relu" },
    },
    {
      name: "one row, many inputs",
      inputs: { x: spread([1, 1960], 91), ...weighted(spread([10, 1960], 37), { exponent: Array<number>(10).fill(-12), xZeroPoint: 33 }) },
    },
    {
      name: "u8, weights with zero points, inputs that end within a word: every product 255 * 255",
      inputs: {
        x: unsigned(filled([2, 261], 127)),
        ...weighted(unsigned(filled([5, 261], 127)), {
          weightZeroPoint: Array<number>(5).fill(0),
          bias: Array<number>(5).fill(-261 * 65025 - 9),
          yZeroPoint: 10,
        }),
      },
      attrs: { dtype: "u8", quantMin: 0, quantMax: 255 },
      expected: { y: unsigned(filled([2, 5], 1 - 128)) },
    },
    {
      name: "i8, a zero point for each channel's weights, one row",
      inputs: {
        x: spread([1, 1, 307], 91),
        ...weighted(spread([7, 307], 37), {
          weightZeroPoint: [0, 1, -128, 127, 5, -5, 3],
          exponent: Array<number>(7).fill(-10),
          xZeroPoint: 33,
        }),
      },
    },
    { name: "rank 1", inputs: { x: spread([7], 91), ...weighted(spread([3, 7], 37), { exponent: [-5, -6, -7] }) } },
  ],
  random(r) {
    const [rows, ic, oc] = [r.pick([1, 2, 7, 33]), r.pick([...CHANNELS, 150, 261]), r.pick(CHANNELS)];
    const shapes = [
      [rows, ic],
      [rows, 1, ic],
    ];
    const x = randomI8(r, r.pick(shapes), -128);
    return { name: "random", ...randomWeighted(r, x, randomI8(r, [oc, ic], -128)) };
  },
};
