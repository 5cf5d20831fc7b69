import { qavgPool2d } from "../../src/ops/qavgPool2d.ts";
import { roundings } from "../../src/numerics/index.ts";
import { numel, tensor } from "../../src/tensor/index.ts";
import { allSums, averaging, besideTie, randomAveraging, tableTo, unsigned } from "../support/averages.ts";
import type { OpCases } from "../support/cases.ts";
import { randomPool } from "../support/pools.ts";
import { CHANNELS, filled, made } from "../support/quantized.ts";

const pairs = { kernel: [2, 2], stride: [2, 2] };
const ends = tensor("i8", [1, 1, 5, 1], [10, 20, 30, 20, 60]);
const sticking = { kernel: [1, 4], stride: [1, 4], padding: [0, 0, 1, 1], ceilMode: true };

/** `side` rows of 4 channels, where windows by 1 have all sums of stored values above -128 one after the other, up or down. */
const slidingSums = (side: number) =>
  made([1, side, side * (255 * side + 1), 4], (i) => {
    const column = Math.floor(i / 4) % (side * (255 * side + 1));
    const row = Math.floor(i / 4 / (side * (255 * side + 1)));
    const sum = Math.floor(column / side);
    return Math.floor(((i % 2 === 0 ? sum : 255 * side - sum) + row) / side) - 128;
  });

export const qavgPool2dCases: OpCases = {
  op: qavgPool2d,
  cases: [
    {
      name: "each count has a multiplier of its own: 60 / 4, 80 / 3",
      inputs: { x: ends, ...averaging(tableTo(4)) },
      attrs: sticking,
      expected: { y: tensor("i8", [1, 1, 2, 1], [15, 27]) },
    },
    {
      name: "padding does not count: 60 / 3, 80 / 2",
      inputs: { x: ends, ...averaging(tableTo(4)) },
      attrs: { ...sticking, countIncludePad: false },
      expected: { y: tensor("i8", [1, 1, 2, 1], [20, 40]) },
    },
    {
      name: "one divisor in every entry",
      inputs: { x: ends, ...averaging(tableTo(4).map(() => 8)) },
      attrs: { ...sticking, divisorOverride: 8 },
      expected: { y: tensor("i8", [1, 1, 2, 1], [8, 10]) },
    },
    {
      name: "counted padding holds the zero point, not 0",
      inputs: { x: filled([1, 1, 1, 3], 100), ...averaging(tableTo(4), 1, 60, 60) },
      attrs: { kernel: [2, 2], stride: [1, 1], padding: [1, 0, 0, 1] },
      expected: { y: filled([1, 1, 1, 3], 70) },
    },
    {
      name: "TFLite: the stored value, half away from zero",
      inputs: { x: tensor("i8", [1, 2, 2, 4], [1, -1, 3, -3, 0, 0, 4, -4, 0, 0, 3, -3, 1, -1, 4, -4]), ...averaging(tableTo(4), 1, 5, 5) },
      attrs: { ...pairs, rounding: "rawHalfAway" },
      expected: { y: tensor("i8", [1, 1, 1, 4], [1, -1, 4, -4]) },
    },
    {
      name: "half up: -1/2 is 0",
      inputs: { x: tensor("i8", [1, 2, 2, 4], [1, -1, 3, -3, 0, 0, 4, -4, 0, 0, 3, -3, 1, -1, 4, -4]), ...averaging(tableTo(4)) },
      attrs: pairs,
      expected: { y: tensor("i8", [1, 1, 1, 4], [1, 0, 4, -3]) },
    },
    {
      name: "u8 to i8, relu above the zero point",
      inputs: { x: unsigned(made([2, 5, 7, 7], (i) => ((i * 91) % 256) - 128)), ...averaging(tableTo(6), 0.7, 131, -9) },
      attrs: { kernel: [2, 3], stride: [2, 2], activation: "relu", rounding: "float" },
    },
    {
      name: "all values at an end, the zero point at the other, 33 channels",
      inputs: { x: filled([1, 9, 9, 33], -128), ...averaging(tableTo(81), 0.5, 127, 127) },
      attrs: { kernel: [9, 9], stride: [1, 1], rounding: "doubleHalfAway" },
    },
    ...[16, 17].map((side) => ({
      name: `${side} x ${side} pixels of 255 more than 0: two sums in a word, or no longer`,
      inputs: { x: filled([1, side, side, 5], 127), ...averaging(tableTo(side * side), 1, -128, -128) },
      attrs: { kernel: [side, side], stride: [1, 1] },
      expected: { y: filled([1, 1, 1, 5], 127) },
    })),
    {
      name: "sums beyond 2^24 in one window",
      inputs: { x: filled([1, 300, 301, 1], 127), ...averaging([...Array<number>(90300).fill(1), 90300], 1, -128, -128) },
      attrs: { kernel: [300, 301], stride: [1, 1] },
      expected: { y: filled([1, 1, 1, 1], 127) },
    },
    {
      name: "TFLite: a sum beyond 2^24 on a tie, one and three below it",
      inputs: { x: unsigned(besideTie([1, 300, 256, 3], 127, [0, 1, 3])), ...averaging(tableTo(76800)) },
      attrs: { kernel: [300, 256], stride: [1, 1], rounding: "rawHalfAway", dtype: "u8", quantMin: 0, quantMax: 255 },
      expected: { y: tensor("u8", [1, 1, 1, 3], [255, 254, 254]) },
    },
    ...[...roundings, "rawHalfAway"].flatMap((rounding) => [
      {
        name: `${rounding}: every sum of 4 where a third lies beside a tie, all lanes`,
        inputs: { x: allSums(2, 2, 16), ...averaging(tableTo(4), 2 / 3, 5, -7) },
        attrs: { ...pairs, rounding },
      },
      {
        name: `${rounding}: every sum of 9 where scales are the same, u8, relu`,
        inputs: { x: unsigned(allSums(3, 3, 4)), ...averaging(tableTo(9), 1, 120, -100) },
        attrs: { kernel: [3, 3], stride: [3, 3], activation: "relu", rounding },
      },
      {
        name: `${rounding}: every sum of 4, scales the same: exact ties on both sides of 0`,
        inputs: { x: allSums(2, 2, 4), ...averaging(tableTo(4), 1, 1, 3) },
        attrs: { ...pairs, rounding },
      },
      {
        name: `${rounding}: multipliers so large that all but 0 saturates`,
        inputs: { x: allSums(1, 2, 3), ...averaging(tableTo(2), 2 ** 24 / 3, 17, 60) },
        attrs: { kernel: [1, 2], stride: [1, 2], rounding },
      },
      {
        name: `${rounding}: multipliers below 2^-13, where nothing is left`,
        inputs: { x: allSums(1, 3, 3), ...averaging(tableTo(3), 2 ** -12 / 3, 17, 60) },
        attrs: { kernel: [1, 3], stride: [1, 3], rounding },
      },
    ]),
    ...[
      [1, 1],
      [2, 2],
      [3, 1],
      [1, 2],
    ].map((stride) => ({
      name: `3 x 3 by ${stride.join(", ")}: rows at the ends on their own, each column by its count, strips of 4 that 21 columns do not fill`,
      inputs: { x: made([2, 6, 21, 16], (i) => ((i * i * 91) % 256) - 128), ...averaging(tableTo(9), 1.3, -5, 9) },
      attrs: { kernel: [3, 3], stride, padding: [1, 1, 2, 1], countIncludePad: false },
    })),
    ...[3, 4, 5, 9].map((width) => ({
      name: `${width} columns of one word, padding that counts: what lies past a strip's last column is not stored`,
      inputs: { x: made([200, 4, width, 3], (i) => ((i * i * 57) % 256) - 128), ...averaging(tableTo(9), 1.1, 90, 9) },
      attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
    })),
    {
      name: "u8, zero point 250 at the ends of rows and columns of 6 words",
      inputs: { x: unsigned(made([1, 6, 6, 23], (i) => ((i * i * 91) % 256) - 128)), ...averaging(tableTo(6), 1.1, 250, -9) },
      attrs: { kernel: [2, 3], stride: [1, 2], padding: [1, 0, 0, 2], rounding: "doubleHalfUp" },
    },
    {
      name: "a last window beyond the padding that counts: fewer in its row and column",
      inputs: { x: made([1, 8, 8, 5], (i) => ((i * i * 91) % 256) - 128), ...averaging(tableTo(9), 1.1, 5, 9) },
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [0, 0, 0, 0], ceilMode: true },
    },
    {
      name: "a multiplier 2^-32 above 1/4: ties below 0 are just missed",
      inputs: {
        x: allSums(2, 2, 4),
        ...averaging(tableTo(4), 1, 1, 3),
        multiplier: tensor("i32", [5], new Int32Array(5).fill(2 ** 30 + 1)),
        exponent: tensor("i32", [5], new Int32Array(5).fill(-1)),
      },
      attrs: pairs,
    },
    ...[1, 2].flatMap((stride) =>
      [4, 5, 6, 7, 8, 9].map((side) => ({
        name: `${side} x ${13 - side} by ${stride}: rows and columns put together by twos and fours, and the one left`,
        inputs: {
          x: made([2, 15, 14, 9], (i) => ((i * i * 91 + (i >> 3)) % 256) - 128),
          ...averaging(tableTo(side * (13 - side)), 0.4 * stride, -120, 3),
        },
        attrs: {
          kernel: [side, 13 - side],
          stride: [stride, stride],
          padding: [1, 2, 2, 1],
          countIncludePad: stride === 1,
          rounding: roundings[side % roundings.length]!,
        },
      })),
    ),
    ...[...roundings, "rawHalfAway"].flatMap((rounding) => [
      {
        name: `${rounding}: every sum of 81 where a third lies beside a tie, all lanes`,
        inputs: { x: slidingSums(9), ...averaging(tableTo(81), 2 / 3, 5, -7) },
        attrs: { kernel: [9, 9], stride: [1, 1], rounding },
      },
      {
        name: `${rounding}: every sum of 64, scales the same: exact ties on both sides of 0`,
        inputs: { x: slidingSums(8), ...averaging(tableTo(64), 1, 1, 3) },
        attrs: { kernel: [8, 8], stride: [1, 1], rounding },
      },
      {
        name: `${rounding}: every sum of 81 times 1000: beyond 2^24, where f32 has not every number`,
        inputs: { x: slidingSums(9), ...averaging(tableTo(81), 81_000, -128, -7) },
        attrs: { kernel: [9, 9], stride: [1, 1], rounding },
      },
    ]),
    ...["doubleHalfAway", "doubleHalfUp"].flatMap((rounding) =>
      [-128, 127].map((zero) => ({
        name: `${rounding}, zero point ${zero}: a multiplier of 100 and an exponent of 22, by which sums of 9 saturate: 100 steps`,
        inputs: {
          x: allSums(3, 3, 4),
          ...averaging(tableTo(9), 1, zero, zero === 127 ? 70 : -70),
          multiplier: tensor("i32", [10], new Int32Array(10).fill(100)),
          exponent: tensor("i32", [10], new Int32Array(10).fill(22)),
        },
        attrs: { kernel: [3, 3], stride: [3, 3], rounding },
      })),
    ),
    {
      name: "TFLite: a divisor so large and odd that its reciprocal in 30 bits would round up",
      inputs: { x: unsigned(made([1, 9, 9, 1], (i) => (i === 0 ? 253 : 255) - 128)), ...averaging(tableTo(81)) },
      attrs: { kernel: [9, 9], stride: [1, 1], rounding: "rawHalfAway", divisorOverride: 41307, dtype: "u8", quantMin: 0, quantMax: 255 },
      expected: { y: tensor("u8", [1, 1, 1, 1], [0]) },
    },
    {
      name: "no window lies in the image as a whole",
      inputs: { x: made([1, 2, 2, 16], (i) => ((i * 91) % 256) - 128), ...averaging(tableTo(9), 1, 3, -9) },
      attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] },
    },
  ],
  random(r) {
    const {
      window: { kernel, stride, padding, ceilMode },
      image,
    } = randomPool(r, 7, false);
    const divisorOverride = r.pick([null, null, 3]);
    const most = numel(kernel);
    const { inputs, attrs } = randomAveraging(
      r,
      [r.int(1, 2), ...image, r.pick(CHANNELS)],
      tableTo(most).map((n) => divisorOverride ?? n),
    );
    return {
      name: "random",
      inputs,
      attrs: {
        kernel,
        stride,
        padding,
        ceilMode,
        countIncludePad: r.int(0, 1) === 0 && attrs.rounding !== "rawHalfAway",
        divisorOverride,
        ...attrs,
      },
    };
  },
};
