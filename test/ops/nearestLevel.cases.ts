import { nearestLevel } from "../../src/ops/nearestLevel.ts";
import { weightGrid, type WeightGrid } from "../../src/numerics/index.ts";
import { Random } from "../../src/numerics/random.ts";
import type { Tensors } from "../../src/ops/op.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { axisOf, extremes, floats, normals, qparams, shapeOf } from "../support/quantizer-cases.ts";

const r = new Random(23);
const table = ({ levels, thresholds }: WeightGrid): Tensors => ({
  levels: floats([levels.length], levels),
  thresholds: floats([thresholds.length], thresholds),
});
const floatsd4 = table(weightGrid("floatsd4"));
const one = { scale: floats([1], [1]) };

export const nearestLevelCases: OpCases = {
  op: nearestLevel,
  cases: [
    {
      name: "powers of two: halfway goes to the lower level, on both sides of 0",
      inputs: { x: floats([9], [0.5, 0.51, 1.5, -1.5, 1.51, -1.51, 48, 49, -1000]), ...one, ...floatsd4 },
      expected: { y: floats([9], [0, 1, 1, -1, 2, -2, 32, 64, -64]) },
    },
    {
      name: "in the log domain levels part at the geometric mean",
      inputs: { x: floats([5], [1.41, 1.42, -1.42, 0.51, 46]), ...one, ...table(weightGrid("floatsd4", "log")) },
      expected: { y: floats([5], [1, 2, -2, 1, 64]) },
    },
    {
      name: "levels of one's own, no whole numbers",
      inputs: { x: floats([4], [0.1, 0.2, 0.9, -0.9]), ...one, ...table(weightGrid([0, 0.25, 1.5])) },
      expected: { y: floats([4], [0, 0.25, 1.5, -1.5]) },
    },
    {
      name: "never -0; NaN gives 0, infinities the largest level",
      inputs: { x: floats([6], [-0, -0.1, NaN, Infinity, -Infinity, -NaN]), ...one, ...floatsd4 },
      expected: { y: floats([6], [0, 0, 0, 64, -64, 0]) },
    },
    { name: "huge values", inputs: { x: floats([16], extremes), scale: floats([1], [2 ** -23]), ...floatsd4 } },
    {
      name: "weights per output channel, rows of 63",
      inputs: { x: normals(r, [5, 3, 3, 7]), scale: floats([5], [0.1, 0.01, 1, 2 ** -23, 0.3]), ...floatsd4 },
      attrs: { axis: 0 },
    },
    {
      name: "per last axis, three channels a row",
      inputs: { x: normals(r, [7, 3]), scale: floats([3], [0.1, 0.01, 1]), ...floatsd4 },
      attrs: { axis: 1 },
    },
    { name: "empty", inputs: { x: floats([0], []), ...one, ...floatsd4 } },
  ],
  random(r): OpCase {
    const shape = shapeOf(r, r.int(0, 5), r.pick([3, 5, 7]));
    const { axis, channels } = axisOf(r, shape);
    const { scale } = qparams(r, channels, 0, 1);
    const grid = r.pick([weightGrid("floatsd4"), weightGrid("floatsd4", "log"), weightGrid("int4"), weightGrid("int8")]);
    const x = normals(r, shape, scale.data[0]! * r.pick([1, 8, 64]));
    for (let i = 0; i < x.data.length; i++)
      if (r.int(0, 3) === 0) x.data[i] = r.pick(grid.thresholds) * scale.data[0]! * r.pick([1, -1, 1 + 2 ** -23]);
    return { name: "random", inputs: { x, scale, ...table(grid) }, attrs: { axis } };
  },
};
