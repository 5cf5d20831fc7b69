import { fakeQuantize } from "../../src/ops/fakeQuantize.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { around, axisOf, extremes, floats, ints, mixedQparams, normals, ranges, shapeOf, ties } from "../support/quantizer-cases.ts";
import { Random } from "../../src/numerics/random.ts";

const i8 = { quantMin: -128, quantMax: 127 };
const u8 = { quantMin: 0, quantMax: 255 };
const one = (scale: number, zeroPoint: number) => ({ scale: floats([1], [scale]), zeroPoint: ints([1], [zeroPoint]) });
const r = new Random(11);

export const fakeQuantizeCases: OpCases = {
  op: fakeQuantize,
  cases: [
    {
      name: "ties go to even before the zero point is added",
      inputs: { x: floats([8], [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5]), ...one(1, 1) },
      attrs: i8,
      expected: { y: floats([8], [-2, -2, 0, 0, 2, 2, 4, 4]) },
    },
    {
      name: "multiplies by the rounded reciprocal, which is not a division",
      // 1 / 0.1 rounds to 10; f32(0.25 * 10) = 2.5 is a tie and goes to 2, where 0.25 / f32(0.1) is just below it.
      inputs: { x: floats([3], [0.25, 0.35, 0.05]), ...one(0.1, 0) },
      attrs: i8,
    },
    {
      name: "saturates at both ends with a zero point in between",
      inputs: { x: floats([2, 3], [-1000, -135, -134.4, 119.6, 121, 1000]), ...one(1, 7) },
      attrs: i8,
      expected: { y: floats([2, 3], [-135, -135, -134, 120, 120, 120]) },
    },
    {
      name: "never -0",
      inputs: { x: floats([4], [-0, -0.1, 0.1, 0]), ...one(1, 3) },
      attrs: i8,
      expected: { y: floats([4], [0, 0, 0, 0]) },
    },
    { name: "huge values saturate, they do not wrap", inputs: { x: floats([16], extremes), ...one(1, 7) }, attrs: i8 },
    {
      name: "huge values at the smallest scale overflow the product",
      inputs: { x: floats([16], extremes), ...one(2 ** -23, -5) },
      attrs: i8,
    },
    {
      name: "infinities saturate, NaN gives the lowest value",
      inputs: { x: floats([5], [Infinity, -Infinity, NaN, 1, -NaN]), ...one(0.5, 100) },
      attrs: u8,
      expected: { y: floats([5], [77.5, -50, -50, 1, -50]) },
    },
    { name: "2^-100 and 2^100: tiny and huge scales", inputs: { x: normals(r, [17], 2 ** -97), ...one(2 ** -100, -5) }, attrs: i8 },
    { name: "a scale above 2^96", inputs: { x: normals(r, [17], 2 ** 103), ...one(2 ** 100 * 1.3, -5) }, attrs: i8 },
    { name: "rank 0", inputs: { x: tensor("f32", [], [0.34]), ...one(0.1, 3) }, attrs: i8 },
    { name: "empty", inputs: { x: floats([0, 3], []), ...one(0.1, 3) }, attrs: i8 },
    {
      name: "weights per output channel",
      inputs: { x: normals(r, [5, 3, 3, 7]), scale: floats([5], [0.1, 0.01, 1, 2 ** -23, 0.3]), zeroPoint: ints([5], [0, 0, 0, 0, 0]) },
      attrs: { quantMin: -127, quantMax: 127, axis: 0 },
    },
    {
      name: "activations per last axis, more elements than one thread takes",
      inputs: { x: normals(r, [2, 7, 11, 3]), scale: floats([3], [0.1, 0.01, 0.02]), zeroPoint: ints([3], [0, 255, 100]) },
      attrs: { ...u8, axis: 3 },
    },
    {
      name: "an axis in the middle, named from the end",
      inputs: { x: normals(r, [3, 2, 5, 67]), scale: floats([2], [0.1, 0.01]), zeroPoint: ints([2], [1, 2]) },
      attrs: { quantMin: -8, quantMax: 7, axis: -3 },
    },
    {
      name: "a zero point in f32 is added before rounding, and not rounded itself",
      inputs: { x: floats([6], [0, 0.25, 0.5, 1, -9, 9]), scale: floats([1], [0.5]), zeroPoint: floats([1], [2.5]) },
      attrs: { quantMin: 0, quantMax: 15 },
      // 2.5 and 3.5 are ties; 18 + 2.5 and -18 + 2.5 saturate.
      expected: { y: floats([6], [-0.25, 0.25, 0.75, 0.75, -1.25, 6.25]) },
    },
    {
      name: "a zero point in f32: huge values saturate, NaN gives the lowest value",
      inputs: { x: floats([18], [...extremes, NaN, -Infinity]), scale: floats([1], [2 ** -23]), zeroPoint: floats([1], [0.3]) },
      attrs: i8,
    },
    { name: "every tie of 8 bits and its neighbours", inputs: { x: ties([1560], 0.1), ...one(0.1, -3) }, attrs: i8 },
  ],

  random(r): OpCase {
    const shape = shapeOf(r, r.int(0, 5), r.pick([3, 5, 7]));
    const { axis, channels } = axisOf(r, shape);
    const range = r.pick(ranges);
    const q = mixedQparams(r, channels, range.quantMin, range.quantMax);
    return {
      name: "random",
      inputs: { x: around(r, shape, q.scale.data[0]!, range.quantMin, range.quantMax), ...q },
      attrs: { ...range, axis },
    };
  },
};
