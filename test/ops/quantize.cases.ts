import { quantize } from "../../src/ops/quantize.ts";
import { Random } from "../../src/numerics/random.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { around, axisOf, extremes, floats, ints, normals, qparams, ranges, shapeOf, ties } from "../support/quantizer-cases.ts";

const i8 = { dtype: "i8", quantMin: -128, quantMax: 127 } as const;
const i32 = { dtype: "i32", quantMin: -(2 ** 30), quantMax: 2 ** 30 - 1 } as const;
const u8 = { dtype: "u8", quantMin: 0, quantMax: 255 } as const;
const one = (scale: number, zeroPoint: number) => ({ scale: floats([1], [scale]), zeroPoint: ints([1], [zeroPoint]) });
const r = new Random(13);
const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];

export const quantizeCases: OpCases = {
  op: quantize,
  cases: [
    {
      name: "reciprocal: ties to even before an odd zero point is added",
      inputs: { x: floats([7], halves), ...one(1, 1) },
      attrs: i8,
      expected: { y: tensor("i8", [7], [-1, -1, 1, 1, 3, 3, 5]) },
    },
    {
      name: "divide: ties to even",
      inputs: { x: floats([7], halves), ...one(1, 1) },
      attrs: { ...i8, rounding: "divide" },
      expected: { y: tensor("i8", [7], [-1, -1, 1, 1, 3, 3, 5]) },
    },
    {
      name: "tflite: ties away from zero",
      inputs: { x: floats([7], halves), ...one(1, 1) },
      attrs: { ...i8, rounding: "tflite" },
      expected: { y: tensor("i8", [7], [-2, -1, 0, 2, 3, 4, 5]) },
    },
    ...(["reciprocal", "divide", "tflite"] as const).flatMap((rounding): OpCase[] => [
      {
        name: `${rounding}: every tie of 8 bits and its neighbours`,
        inputs: { x: ties([5, 311], 0.1), ...one(0.1, -3) },
        attrs: { ...i8, rounding },
      },
      {
        name: `${rounding}: a scale whose reciprocal is far from exact`,
        inputs: { x: ties([1555], 0.041), ...one(0.041, 255) },
        attrs: { ...u8, rounding },
      },
      {
        name: `${rounding}: huge values saturate`,
        inputs: { x: floats([4, 4], extremes), ...one(2 ** -23, 7) },
        attrs: { ...i8, rounding },
      },
      {
        name: `${rounding}: infinities saturate, NaN gives the lowest value`,
        inputs: { x: floats([5], [Infinity, -Infinity, NaN, 0, -NaN]), ...one(0.5, 100) },
        attrs: { ...u8, rounding },
        expected: { y: tensor("u8", [5], [255, 0, 0, 100, 0]) },
      },
    ]),
    {
      name: "rows of 3: a zero point must not leak into padding lanes",
      inputs: { x: normals(r, [5, 3]), ...one(0.1, -77) },
      attrs: i8,
    },
    {
      name: "a range narrower than its container",
      inputs: { x: normals(r, [7, 5]), ...one(0.1, 3) },
      attrs: { dtype: "i8", quantMin: -8, quantMax: 7 },
    },
    {
      name: "i32: steps beyond 2^24 and 2^31, a zero point that is not 0",
      inputs: { x: floats([7], [1000003, -1000003, 2 ** 25 + 4, 3e9, -3e9, NaN, 0.5]), ...one(1, -72) },
      attrs: i32,
      expected: { y: ints([7], [999931, -1000075, 2 ** 25 - 68, 2 ** 30 - 1, -(2 ** 30), -(2 ** 30), -72]) },
    },
    { name: "i32: huge values saturate", inputs: { x: floats([4, 4], extremes), ...one(2 ** -23, -(2 ** 30)) }, attrs: i32 },
    {
      name: "i32: divide where the reciprocal rounds to the other side of a tie",
      inputs: { x: ties([6001], 0.041), ...one(0.041, 32768) },
      attrs: { dtype: "i32", quantMin: 0, quantMax: 65535, rounding: "divide" },
    },
    {
      name: "i32: divide saturates, infinities too",
      inputs: { x: floats([5], [3e38, -3e38, Infinity, -Infinity, NaN]), ...one(0.25, -5) },
      attrs: { ...i32, rounding: "divide" },
      expected: { y: ints([5], [2 ** 30 - 1, -(2 ** 30), 2 ** 30 - 1, -(2 ** 30), -(2 ** 30)]) },
    },
    { name: "rank 0", inputs: { x: tensor("f32", [], [0.34]), ...one(0.1, 3) }, attrs: u8 },
    { name: "empty rows", inputs: { x: floats([3, 0], []), ...one(0.1, 3) }, attrs: u8 },
    {
      name: "per last axis: the lanes of a word are channels, the last word has three",
      inputs: {
        x: normals(r, [67, 7]),
        scale: floats([7], [1, 0.1, 0.01, 1, 0.1, 0.2, 0.3]),
        zeroPoint: ints([7], [0, 1, 2, 3, -128, 127, 5]),
      },
      attrs: { ...i8, axis: -1 },
    },
    {
      name: "per output channel",
      inputs: { x: normals(r, [5, 3, 3, 7]), scale: floats([5], [0.1, 0.01, 1, 2 ** -23, 0.3]), zeroPoint: ints([5], [0, 0, 0, 0, 0]) },
      attrs: { dtype: "i8", quantMin: -127, quantMax: 127, axis: 0 },
    },
    {
      name: "per channel of a middle axis",
      inputs: { x: normals(r, [2, 3, 5, 6]), scale: floats([3], [0.1, 0.01, 1]), zeroPoint: ints([3], [1, 128, 255]) },
      attrs: { ...u8, axis: 1 },
    },
  ],

  random(r): OpCase {
    const shape = [...shapeOf(r, r.int(0, 5), r.pick([3, 5, 9]))];
    if (shape.length > 0 && r.int(0, 3) === 0) shape[shape.length - 1] = r.pick([31, 33]);
    const { axis, channels } = axisOf(r, shape);
    const range = r.pick(ranges);
    const q = qparams(r, channels, range.quantMin, range.quantMax);
    const x = around(r, shape, q.scale.data[0]!, range.quantMin, range.quantMax);
    const dtype = range.quantMin < 0 ? "i8" : r.pick(range.quantMax > 127 ? (["u8"] as const) : (["i8", "u8"] as const));
    if (r.int(0, 5) === 0)
      return {
        name: "random",
        inputs: { x: normals(r, shape, 2 ** r.int(-9, 30)), ...q },
        attrs: { ...i32, axis, rounding: r.pick(["reciprocal", "divide"]) },
      };
    return { name: "random", inputs: { x, ...q }, attrs: { ...range, dtype, axis, rounding: r.pick(["reciprocal", "divide", "tflite"]) } };
  },
};
