import { qglobalAvgPool2d } from "../../src/ops/qglobalAvgPool2d.ts";
import { tensor } from "../../src/tensor/index.ts";
import { averaging, randomAveraging, unsigned } from "../support/averages.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, made } from "../support/quantized.ts";

export const qglobalAvgPool2dCases: OpCases = {
  op: qglobalAvgPool2d,
  cases: [
    {
      name: "each lane has a sum of its own; ties go up",
      inputs: { x: tensor("i8", [1, 1, 2, 3], [1, -1, 127, 2, -2, 127]), ...averaging([2]) },
      expected: { y: tensor("i8", [1, 1, 1, 3], [2, -1, 127]) },
    },
    { name: "7 x 7, 31 channels", inputs: { x: made([2, 7, 7, 31], (i) => ((i * 91) % 256) - 128), ...averaging([49], 1.7, -5, 3) } },
    {
      name: "a large image of u8, accumulators beyond 2^24",
      inputs: { x: unsigned(filled([1, 301, 307, 2], 127)), ...averaging([301 * 307], 1, 0, -128) },
      expected: { y: filled([1, 1, 1, 2], 127) },
    },
    {
      name: "images enough for a kernel of one piece: 11 pixels by sixes, 9 words by fours, the last of 3 bytes",
      inputs: { x: unsigned(made([25, 1, 11, 35], (i) => ((i * 91) % 256) - 128)), ...averaging([11], 1.3, -125, -3) },
    },
    {
      name: "256 times the least and the most: two sums fill a word",
      inputs: { x: made([20, 16, 16, 16], (i) => (i % 3 === 0 ? 127 : i % 3 === 1 ? -128 : 126)), ...averaging([256], 1, 3, 4) },
    },
    { name: "one pixel", inputs: { x: made([3, 1, 1, 5], (i) => i * 17 - 128), ...averaging([1]) }, attrs: { rounding: "float" } },
  ],
  random(r) {
    const [h, w] = [r.int(1, 12), r.int(1, 12)];
    return { name: "random", ...randomAveraging(r, [r.pick([1, 2, 3, 40]), h, w, r.pick(CHANNELS)], [h * w]) };
  },
};
