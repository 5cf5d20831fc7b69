import { movingAverageMinMax } from "../../src/ops/movingAverageMinMax.ts";
import { Random } from "../../src/numerics/random.ts";
import type { OpCase, OpCases } from "../support/cases.ts";
import { anyFloat, axisOf, floats, normals, shapeOf } from "../support/quantizer-cases.ts";

const f = Math.fround;
const empty = (channels = 1) => ({
  min: floats([channels], Array<number>(channels).fill(Infinity)),
  max: floats([channels], Array<number>(channels).fill(-Infinity)),
});
const state = (min: readonly number[], max: readonly number[]) => ({ min: floats([min.length], min), max: floats([max.length], max) });
const out = (min: readonly number[], max: readonly number[]) => ({ minOut: floats([min.length], min), maxOut: floats([max.length], max) });
const r = new Random(16);

export const movingAverageMinMaxCases: OpCases = {
  op: movingAverageMinMax,
  cases: [
    { name: "the first batch sets, it does not average", inputs: { x: floats([3], [0.5, -2, 1]), ...empty() }, expected: out([-2], [1]) },
    {
      name: "later batches pull by half",
      inputs: { x: floats([2], [-3, 5]), ...state([-1], [1]) },
      attrs: { averagingConstant: 0.5 },
      expected: out([-2], [3]),
    },
    {
      name: "may narrow",
      inputs: { x: floats([2], [-1, 1]), ...state([-3], [5]) },
      attrs: { averagingConstant: 0.5 },
      expected: out([-2], [3]),
    },
    {
      name: "product and sum are rounded apart: no fused multiply-add",
      inputs: { x: floats([2], [-1.1, 1.7]), ...state([-0.9], [1.3]) },
      attrs: { averagingConstant: 0.01 },
      expected: out([f(f(-0.9) + f(f(0.01) * f(f(-1.1) - f(-0.9))))], [f(f(1.3) + f(f(0.01) * f(f(1.7) - f(1.3))))]),
    },
    {
      name: "NaN and infinities are left out",
      inputs: { x: floats([4], [NaN, 3, Infinity, -1]), ...state([-1], [1]) },
      attrs: { averagingConstant: 0.5 },
      expected: out([-1], [2]),
    },
    { name: "nothing finite changes nothing", inputs: { x: floats([2], [NaN, -Infinity]), ...state([-1], [1]) }, expected: out([-1], [1]) },
    { name: "an empty batch, never observed before", inputs: { x: floats([0], []), ...empty() }, expected: out([Infinity], [-Infinity]) },
    {
      name: "a difference beyond f32 does not become infinite",
      inputs: { x: floats([2], [-3e38, 3e38]), ...state([3e38], [3e38]) },
      attrs: { averagingConstant: 0.5 },
    },
    {
      name: "subnormal differences",
      inputs: { x: floats([2], [-3e-39, 1e-38]), ...state([-1e-40], [2e-39]) },
      attrs: { averagingConstant: 0.3 },
    },
    {
      name: "per channel: one is new, one has seen",
      inputs: { x: floats([2, 2], [1, 4, 3, -4]), ...state([Infinity, -2], [-Infinity, 2]) },
      attrs: { axis: 1, averagingConstant: 0.5 },
      expected: out([1, -3], [3, 3]),
    },
    { name: "per output channel", inputs: { x: normals(r, [3, 67]), ...state([-1, -2, -3], [1, 2, 3]) }, attrs: { axis: 0 } },
  ],

  random(r): OpCase {
    const shape = shapeOf(r, r.int(1, 4), r.pick([3, 5]));
    const { axis, channels } = axisOf(r, shape);
    const value = r.pick([() => r.normal(), () => r.normal() * 1e-38, () => anyFloat(r), () => r.normal() * 3e38 * 0.2]);
    const x = normals(r, shape);
    for (let i = 0; i < x.data.length; i++) x.data[i] = r.int(0, 30) === 0 ? NaN : value();
    const values = () => Array.from({ length: channels }, () => f(value()));
    return {
      name: "random",
      inputs: { x, ...(r.int(0, 3) === 0 ? empty(channels) : state(values(), values())) },
      attrs: { axis, averagingConstant: r.pick([0.01, 1, 0.3, f(r.uniform(1e-4, 1))]) },
    };
  },
};
