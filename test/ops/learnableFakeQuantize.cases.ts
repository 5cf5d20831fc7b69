import { learnableFakeQuantize } from "../../src/ops/learnableFakeQuantize.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { extremes, floats, learnedInputs, normals } from "../support/quantizer-cases.ts";

const i4 = { quantMin: -8, quantMax: 7 };
const one = (scale: number, zeroPoint: number) => ({ scale: floats([1], [scale]), zeroPoint: floats([1], [zeroPoint]) });
const r = new Random(21);

export const learnableFakeQuantizeCases: OpCases = {
  op: learnableFakeQuantize,
  cases: [
    {
      name: "the zero point is rounded half to even, -3 stays -3",
      inputs: { x: floats([5], [-20, -0.6, 0, 0.6, 20]), ...one(0.5, -2.5) },
      attrs: i4,
      // z = -2: steps -6 .. 9.
      expected: { y: floats([5], [-3, -0.5, 0, 0.5, 4.5]) },
    },
    { name: "a zero point beyond the range is clamped to it", inputs: { x: normals(r, [17]), ...one(0.1, 100) }, attrs: i4 },
    {
      name: "a scale that an optimizer pushed below zero counts as 2^-23",
      inputs: { x: floats([2], [2 ** -22, 1]), ...one(-0.1, 0) },
      attrs: i4,
      expected: { y: floats([2], [2 ** -22, 7 * 2 ** -23]) },
    },
    { name: "NaN as scale and zero point", inputs: { x: floats([3], [0, 2 ** -23, 1]), ...one(NaN, NaN) }, attrs: i4 },
    {
      name: "huge values, infinities and NaN",
      inputs: { x: floats([19], [...extremes, NaN, Infinity, -Infinity]), ...one(0.1, 2.2) },
      attrs: i4,
    },
    {
      name: "per output channel",
      inputs: { x: normals(r, [3, 5, 7]), scale: floats([3], [0.1, 0.2, 0.01]), zeroPoint: floats([3], [0, 1.5, -7.7]) },
      attrs: { ...i4, axis: 0 },
    },
    { name: "empty", inputs: { x: floats([0], []), ...one(0.1, 0) }, attrs: i4 },
  ],
  random: (r): OpCase => {
    const { inputs, attrs } = learnedInputs(r);
    return { name: "random", inputs, attrs };
  },
};
