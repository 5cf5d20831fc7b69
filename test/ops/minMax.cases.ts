import { minMax } from "../../src/ops/minMax.ts";
import { Random } from "../../src/numerics/random.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { anyFloat, axisOf, floats, normals, shapeOf } from "../support/quantizer-cases.ts";

const empty = (channels = 1) => ({
  min: floats([channels], Array<number>(channels).fill(Infinity)),
  max: floats([channels], Array<number>(channels).fill(-Infinity)),
});
const out = (min: readonly number[], max: readonly number[]) => ({ minOut: floats([min.length], min), maxOut: floats([max.length], max) });
const r = new Random(15);

export const minMaxCases: OpCases = {
  op: minMax,
  cases: [
    { name: "the first batch sets", inputs: { x: floats([3], [0.5, -2, 1]), ...empty() }, expected: out([-2], [1]) },
    {
      name: "later batches widen, never narrow",
      inputs: { x: floats([3], [0.5, -2, 1]), min: floats([1], [-1]), max: floats([1], [7]) },
      expected: out([-2], [7]),
    },
    { name: "one-sided: the range is not widened to 0 here", inputs: { x: floats([2], [3, 5]), ...empty() }, expected: out([3], [5]) },
    {
      name: "all negative: 0 of an unfilled lane must not win",
      inputs: { x: floats([5], [-3, -5, -4, -9, -3.5]), ...empty() },
      expected: out([-9], [-3]),
    },
    { name: "-0 is 0", inputs: { x: floats([2], [-0, -0]), ...empty() }, expected: out([0], [0]) },
    {
      name: "NaN and infinities are left out",
      inputs: { x: floats([7], [NaN, 1, Infinity, 2, -Infinity, -NaN, -1]), ...empty() },
      expected: out([-1], [2]),
    },
    {
      name: "nothing finite: still never observed",
      inputs: { x: floats([2], [NaN, Infinity]), ...empty() },
      expected: out([Infinity], [-Infinity]),
    },
    {
      name: "an empty batch changes nothing",
      inputs: { x: floats([0, 4], []), min: floats([1], [-1]), max: floats([1], [1]) },
      expected: out([-1], [1]),
    },
    {
      name: "subnormals are told apart",
      inputs: { x: floats([4], [1e-45, 3e-45, -1e-45, -3e-45]), ...empty() },
      expected: out([Math.fround(-3e-45)], [Math.fround(3e-45)]),
    },
    { name: "the largest finite values", inputs: { x: floats([2], [3.4028234663852886e38, -3.4028234663852886e38]), ...empty() } },
    { name: "rank 0", inputs: { x: tensor("f32", [], [4]), ...empty() }, expected: out([4], [4]) },
    {
      name: "the extremes are in the last elements, of many",
      inputs: { x: floats([4099], [...normals(r, [4097]).data, 99, -99]), ...empty() },
    },
    { name: "per output channel", inputs: { x: normals(r, [5, 3, 3, 7]), ...empty(5) }, attrs: { axis: 0 } },
    { name: "per last axis", inputs: { x: normals(r, [2, 37, 11, 7]), ...empty(7) }, attrs: { axis: -1 } },
    { name: "per channel of a middle axis", inputs: { x: normals(r, [7, 3, 131]), ...empty(3) }, attrs: { axis: 1 } },
    {
      name: "channels do not mix, one of them has nothing finite",
      inputs: { x: floats([3, 2], [1, NaN, 2, NaN, 3, Infinity]), ...empty(2) },
      attrs: { axis: 1 },
      expected: out([1, Infinity], [3, -Infinity]),
    },
  ],

  random(r): OpCase {
    const shape = shapeOf(r, r.int(0, 5), r.pick([3, 5, 9]));
    const { axis, channels } = axisOf(r, shape);
    const x = normals(r, shape, r.pick([1, 1e-40, 1e38]));
    if (r.int(0, 2) === 0)
      for (let i = 0; i < x.data.length; i++) x.data[i] = r.int(0, 3) === 0 ? r.pick([NaN, Infinity, -Infinity, -0]) : anyFloat(r);
    const seen = r.int(0, 1) === 1;
    const state = seen
      ? {
          min: floats(
            [channels],
            Array.from({ length: channels }, () => -Math.abs(r.normal())),
          ),
          max: floats(
            [channels],
            Array.from({ length: channels }, () => Math.abs(r.normal())),
          ),
        }
      : empty(channels);
    return { name: "random", inputs: { x, ...state }, attrs: { axis } };
  },
};
