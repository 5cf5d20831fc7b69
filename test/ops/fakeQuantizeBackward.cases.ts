import { fakeQuantizeBackward } from "../../src/ops/fakeQuantizeBackward.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { around, axisOf, extremes, floats, ints, mixedQparams, normals, ranges, shapeOf } from "../support/quantizer-cases.ts";

const i8 = { quantMin: -128, quantMax: 127 };
const one = (scale: number, zeroPoint: number) => ({ scale: floats([1], [scale]), zeroPoint: ints([1], [zeroPoint]) });
const r = new Random(12);

export const fakeQuantizeBackwardCases: OpCases = {
  op: fakeQuantizeBackward,
  cases: [
    {
      name: "both ends of the range pass, what rounds beyond them does not",
      inputs: { dy: floats([6], [1, 2, 3, 4, 5, 6]), x: floats([6], [-135.6, -135.4, -135, 120, 120.4, 120.6]), ...one(1, 7) },
      attrs: i8,
      expected: { dx: floats([6], [0, 2, 3, 4, 5, 0]) },
    },
    {
      name: "a tie at the end goes to even: in at 120.5, out at 119.5 with an odd limit",
      inputs: { dy: floats([4], [1, 2, 3, 4]), x: floats([4], [120.5, -135.5, 127.5, -128.5]), ...one(1, 7) },
      attrs: i8,
      expected: { dx: floats([4], [1, 0, 0, 4]) },
    },
    {
      name: "a blocked gradient is a zero of its own sign",
      inputs: { dy: floats([2], [-3, 3]), x: floats([2], [1e9, 1e9]), ...one(1, 0) },
      attrs: i8,
      expected: { dx: floats([2], [-0, 0]) },
    },
    {
      name: "NaN and infinities in x are outside",
      inputs: { dy: floats([4], [1, 1, 1, -1]), x: floats([4], [NaN, Infinity, -Infinity, NaN]), ...one(1, 0) },
      attrs: i8,
      expected: { dx: floats([4], [0, 0, 0, -0]) },
    },
    {
      name: "subnormal gradients are moved, not computed with",
      inputs: { dy: floats([3], [1e-45, -1e-40, 2 ** -127]), x: floats([3], [0, 1, 2]), ...one(1, 0) },
      attrs: i8,
      expected: { dx: floats([3], [1e-45, -1e-40, 2 ** -127]) },
    },
    { name: "huge values are outside", inputs: { dy: normals(r, [16]), x: floats([16], extremes), ...one(2 ** -23, 7) }, attrs: i8 },
    { name: "empty", inputs: { dy: floats([0], []), x: floats([0], []), ...one(1, 0) }, attrs: i8 },
    {
      name: "per output channel",
      inputs: { dy: normals(r, [3, 67]), x: normals(r, [3, 67]), scale: floats([3], [0.01, 0.1, 0.02]), zeroPoint: ints([3], [0, 0, 1]) },
      attrs: { quantMin: -8, quantMax: 7, axis: 0 },
    },
    {
      name: "per last axis",
      inputs: {
        dy: normals(r, [5, 13, 3]),
        x: normals(r, [5, 13, 3]),
        scale: floats([3], [0.01, 0.1, 0.02]),
        zeroPoint: ints([3], [0, 3, 15]),
      },
      attrs: { quantMin: 0, quantMax: 15, axis: 2 },
    },
  ],

  random(r): OpCase {
    const shape = shapeOf(r, r.int(0, 5), r.pick([3, 5, 7]));
    const { axis, channels } = axisOf(r, shape);
    const range = r.pick(ranges);
    const q = mixedQparams(r, channels, range.quantMin, range.quantMax);
    const x = around(r, shape, q.scale.data[0]!, range.quantMin, range.quantMax);
    return { name: "random", inputs: { dy: normals(r, shape), x, ...q }, attrs: { ...range, axis } };
  },
};
