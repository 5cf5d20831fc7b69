import { qmean } from "../../src/ops/qmean.ts";
import { tensor } from "../../src/tensor/index.ts";
import { averaging, besideTie, randomAveraging } from "../support/averages.ts";
import type { OpCases } from "../support/cases.ts";
import { made } from "../support/quantized.ts";
import { randomAxes } from "./mean.cases.ts";

const mixed = (...shape: number[]): ReturnType<typeof made> => made(shape, (i) => ((i * 91) % 256) - 128);

export const qmeanCases: OpCases = {
  op: qmean,
  cases: [
    {
      name: "the last axis: padding lanes are no zeros to count",
      inputs: { x: tensor("i8", [2, 3], [1, 2, 6, -1, -2, 0]), ...averaging([3], 1, 9, 9) },
      attrs: { axes: [-1] },
      expected: { y: tensor("i8", [2], [3, -1]) },
    },
    {
      name: "the last axis stays with size 1: a word each",
      inputs: { x: tensor("i8", [2, 3], [1, 2, 6, -1, -2, 0]), ...averaging([3]) },
      attrs: { axes: [-1], keepDim: true },
      expected: { y: tensor("i8", [2, 1], [3, -1]) },
    },
    { name: "axes 1 and 3 of 4: rows of 7 in y", inputs: { x: mixed(3, 5, 7, 11), ...averaging([55], 2, -3, 5) }, attrs: { axes: [1, 3] } },
    { name: "axes 0 and 2 of 4", inputs: { x: mixed(3, 5, 7, 11), ...averaging([21], 2, -3, 5) }, attrs: { axes: [0, 2] } },
    {
      name: "three axes of six, of size 1 between them",
      inputs: { x: mixed(2, 3, 1, 3, 2, 5), ...averaging([18]) },
      attrs: { axes: [1, 3, 4] },
    },
    {
      name: "two kept axes behind the mean: words of both",
      inputs: { x: mixed(7, 20, 12), ...averaging([7], 2, -3, 5) },
      attrs: { axes: [0] },
    },
    { name: "the same with bytes of padding between", inputs: { x: mixed(7, 40, 11), ...averaging([7], 2, -3, 5) }, attrs: { axes: [0] } },
    { name: "three kept runs", inputs: { x: mixed(2, 3, 2, 3, 2, 5), ...averaging([18]) }, attrs: { axes: [1, 3] } },
    { name: "three summed runs", inputs: { x: mixed(3, 2, 3, 2, 7, 2), ...averaging([42]) }, attrs: { axes: [1, 3, 5] } },
    { name: "everything", inputs: { x: mixed(7, 11, 113), ...averaging([7 * 11 * 113], 40) }, attrs: { axes: [0, 1, 2] } },
    {
      name: "300 of 255 more than 0 where no thread is to spare: more than half a word has room for",
      inputs: { x: made([300, 4100], () => 127), ...averaging([300], 1, -128, -128) },
      attrs: { axes: [0] },
    },
    {
      name: "sums below -2^24, on a tie, one and three from it",
      inputs: { x: besideTie([2, 70000, 3], -126, [0, -1, -3]), ...averaging([140000]) },
      attrs: { axes: [0, 1], rounding: "rawHalfAway" },
      expected: { y: tensor("i8", [3], [-127, -126, -126]) },
    },
    {
      name: "sums beyond 2^24, the zero point at the other end",
      inputs: { x: made([257, 259, 3], () => 127), ...averaging([257 * 259], 1, -128, -128) },
      attrs: { axes: [0, 1] },
      expected: { y: made([3], () => 127) },
    },
    { name: "the longest run is not the last", inputs: { x: mixed(1013, 2, 3), ...averaging([3039], 9) }, attrs: { axes: [0, 2] } },
  ],
  random(r) {
    const shape = Array.from({ length: r.int(1, 6) }, () => r.pick([1, 2, 3, 5, 7]));
    if (r.int(0, 2) === 0) shape[r.int(0, 1) === 0 ? r.int(0, shape.length - 1) : shape.length - 1] = r.pick([31, 33]);
    const axes = randomAxes(r, shape.length);
    const count = axes.reduce((product, a) => product * shape.at(a)!, 1);
    const { inputs, attrs } = randomAveraging(r, shape, [count]);
    return { name: "random", inputs, attrs: { axes, keepDim: r.int(0, 1) === 1, ...attrs } };
  },
};
