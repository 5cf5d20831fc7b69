import { adaptiveExtents, largestCount } from "../../src/ops/average.ts";
import { qadaptiveAvgPool2d } from "../../src/ops/qadaptiveAvgPool2d.ts";
import { tensor } from "../../src/tensor/index.ts";
import { averaging, besideTie, randomAveraging, tableTo } from "../support/averages.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, made } from "../support/quantized.ts";

export const qadaptiveAvgPool2dCases: OpCases = {
  op: qadaptiveAvgPool2d,
  cases: [
    {
      name: "5 columns to 3: windows of 2, 3 and 2",
      inputs: { x: tensor("i8", [1, 1, 5, 1], [10, 20, 30, 40, 80]), ...averaging(tableTo(3)) },
      attrs: { outputSize: [1, 3] },
      expected: { y: tensor("i8", [1, 1, 3, 1], [15, 30, 60]) },
    },
    {
      name: "more outputs than pixels repeat them",
      inputs: { x: tensor("i8", [1, 2, 1, 2], [10, -10, 40, -40]), ...averaging(tableTo(2)) },
      attrs: { outputSize: [3, 1] },
      expected: { y: tensor("i8", [1, 3, 1, 2], [10, -10, 25, -25, 40, -40]) },
    },
    {
      name: "sizes that do not divide, 33 channels",
      inputs: { x: made([2, 7, 11, 33], (i) => ((i * 91) % 256) - 128), ...averaging(tableTo(12), 1.3, -7, 11) },
      attrs: { outputSize: [3, 4] },
    },
    {
      name: "one window over all",
      inputs: { x: made([1, 7, 11, 5], (i) => ((i * 37) % 256) - 128), ...averaging(tableTo(77), 2, 3, -4) },
      attrs: { outputSize: [1, 1], rounding: "singleHalfAway" },
    },
    {
      name: "TFLite: a row whose sum is below -2^24, on a tie, one and three from it",
      inputs: { x: besideTie([1, 1, 140000, 3], -126, [0, -1, -3]), ...averaging(tableTo(140000)) },
      attrs: { outputSize: [1, 1], rounding: "rawHalfAway" },
      expected: { y: tensor("i8", [1, 1, 1, 3], [-127, -126, -126]) },
    },
  ],
  random(r) {
    const [image, outputSize] = [
      [r.int(1, 9), r.int(1, 9)],
      [r.int(1, 5), r.int(1, 5)],
    ];
    const most = largestCount(adaptiveExtents([1, ...image], [1, ...outputSize]));
    const { inputs, attrs } = randomAveraging(r, [r.int(1, 2), ...image, r.pick(CHANNELS)], tableTo(most));
    return { name: "random", inputs, attrs: { outputSize, ...attrs } };
  },
};
