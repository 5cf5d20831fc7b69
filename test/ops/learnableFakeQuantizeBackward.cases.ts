import { learnableFakeQuantizeBackward } from "../../src/ops/learnableFakeQuantizeBackward.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { floats, learnedInputs, normals } from "../support/quantizer-cases.ts";

const i4 = { quantMin: -8, quantMax: 7 };
const one = (scale: number, zeroPoint: number) => ({ scale: floats([1], [scale]), zeroPoint: floats([1], [zeroPoint]) });
const r = new Random(22);

export const learnableFakeQuantizeBackwardCases: OpCases = {
  op: learnableFakeQuantizeBackward,
  tolerance: {
    rtol: 2 ** -14,
    atol: 2 ** -8,
    why: "Sums of up to 3,000 terms, each up to 255 |dy| and off by its own rounding (2^-24) and by that of x / s (2^-16 of a step), in f32 in another order than the reference's f64. dx has the reference's bits; the golden data checks that to the bit.",
  },
  cases: [
    {
      name: "inside, below and above: the three terms of the scale, the two of the zero point",
      inputs: { dy: floats([5], [1, 10, 100, 1000, 10000]), x: floats([5], [0.75, -20, 20, -0.25, 3.5]), ...one(0.5, 0) },
      attrs: { ...i4, gradFactor: 0.5 },
      // x / s = 1.5 -> 2, below -8, above 7, -0.5 -> 0 (y - x = 0.25), 7 exactly.
      expected: {
        dx: floats([5], [1, 0, 0, 1000, 10000]),
        dscale: floats([1], [0.5 * (1 * 0.5 - 8 * 10 + 7 * 100 + 0.5 * 1000)]),
        dzeroPoint: floats([1], [-0.5 * 0.5 * 110]),
      },
    },
    {
      name: "with a negative zero point: backward uses the one of the forward pass",
      inputs: { dy: floats([2], [1, 1]), x: floats([2], [-20, 12]), ...one(1, -3) },
      attrs: i4,
      expected: { dx: floats([2], [0, 0]), dscale: floats([1], [-5 + 10]), dzeroPoint: floats([1], [-2]) },
    },
    {
      name: "a blocked gradient is a zero of its own sign; NaN is below the range",
      inputs: { dy: floats([3], [-3, 3, -1]), x: floats([3], [1e9, -1e9, NaN]), ...one(1, 0) },
      attrs: i4,
      expected: { dx: floats([3], [-0, 0, -0]), dscale: floats([1], [-21 - 24 + 8]), dzeroPoint: floats([1], [1]) },
    },
    {
      name: "per last axis: the lanes of a word are channels, the last word has three",
      inputs: {
        dy: normals(r, [67, 7]),
        x: normals(r, [67, 7]),
        scale: floats([7], [1, 0.1, 0.01, 1, 0.1, 0.2, 0.3]),
        zeroPoint: floats([7], [0, 1, 2, 3, -8, 7, 5]),
      },
      attrs: { ...i4, axis: -1 },
    },
    {
      name: "rows of 5, more elements than a thread takes: no element counts twice",
      inputs: {
        dy: normals(r, [3, 201, 5]),
        x: normals(r, [3, 201, 5]),
        scale: floats([3], [0.1, 0.2, 0.01]),
        zeroPoint: floats([3], [0, 1.5, -7.7]),
      },
      attrs: { ...i4, axis: 0 },
    },
    {
      name: "empty",
      inputs: { dy: floats([0], []), x: floats([0], []), ...one(1, 0) },
      attrs: i4,
      expected: { dx: floats([0], []), dscale: floats([1], [0]), dzeroPoint: floats([1], [0]) },
    },
  ],
  random: (r): OpCase => {
    const { inputs, attrs, shape } = learnedInputs(r);
    return { name: "random", inputs: { dy: normals(r, shape), ...inputs, x: normals(r, shape, inputs.scale.data[0]! * 9) }, attrs };
  },
};
