/** Cases that the elementwise functions of one number have in common: what is no ordinary number, sizes, far from zero. */
import { Random } from "../../src/numerics/random.ts";
import type { Attrs, OpDef } from "../../src/ops/op.ts";
import type { OpCase, OpCases } from "./cases.ts";
import { f32Tensor, normal } from "./float.ts";

/** Numbers at and around the bounds of all functions, and those that arithmetic trips over. */
export const traps = [
  0,
  -0,
  1,
  -1,
  3,
  -3,
  6,
  -6,
  2.9999998,
  -2.9999998,
  3.0000002,
  -3.0000002,
  5.9999995,
  6.0000005,
  0.5,
  -0.5,
  17,
  -17,
  88.5,
  -88.5,
  104.5,
  -104.5,
  1000,
  -1000,
  3.4e38,
  -3.4e38,
  Infinity,
  -Infinity,
  NaN,
  1e-40,
  -1e-40,
  2,
  -2,
];

export interface UnaryTraps {
  readonly op: OpDef;
  readonly attrs?: Attrs;
  readonly tolerance?: OpCases["tolerance"];
  /** Where the function has kinks: gradients are measured away from them. */
  readonly kinks?: readonly number[];
  readonly cases: readonly OpCase[];
  readonly random?: (r: Random) => Attrs;
}

const shapeOf = (r: Random): number[] => [r.int(1, 40), r.int(1, 40)];
const scaled = (r: Random, shape: readonly number[]) => ({ ...normal(r, shape), data: normal(r, shape).data.map((v) => 4 * v) });

/** Cases of y = f(x). */
export const unaryCases = ({ op, attrs = {}, tolerance, kinks = [], cases, random }: UnaryTraps): OpCases => ({
  op,
  ...(tolerance && { tolerance }),
  differentiable: ["x"],
  smooth(c) {
    // Far enough from each kink for the finite differences, and where the slopes differ from 0.
    const away = (v: number): number => (kinks.some((k) => Math.abs(v - k) < 0.05) ? v + 0.1 : v);
    return { ...c, inputs: { x: { ...c.inputs["x"]!, data: scaled(new Random(1), c.inputs["x"]!.shape).data.map(away) } } } as OpCase;
  },
  cases: [
    ...cases,
    { name: "NaN, infinities, subnormals, both zeros, bounds", inputs: { x: f32Tensor([traps.length], traps) }, attrs },
    { name: "the same as whole vec4s", inputs: { x: f32Tensor([4, traps.length], [...traps, ...traps, ...traps, ...traps]) }, attrs },
    { name: "one element", inputs: { x: f32Tensor([1], [-2]) }, attrs },
    { name: "prime length, beyond one workgroup, the last vec4 incomplete", inputs: { x: scaled(new Random(2), [13, 83]) }, attrs },
  ],
  random: (r) => ({ name: "random", inputs: { x: scaled(r, shapeOf(r)) }, attrs: random?.(r) ?? attrs }),
});

/** Cases of dx = f'(v) dy; `range` maps traps to numbers that v can be. */
export const unaryBackwardCases = ({ op, attrs = {}, tolerance, cases, random }: UnaryTraps, range = (v: number): number => v): OpCases => {
  const v = op.inputs[1]!;
  const values = traps.map(range);
  const dy = values.map((_, i) => (i % 7) - 3.25);
  const four = <T>(list: readonly T[]): T[] => [...list, ...list, ...list, ...list];
  const pair = (r: Random, shape: readonly number[]) => ({
    dy: normal(r, shape),
    [v]: { ...scaled(r, shape), data: scaled(r, shape).data.map(range) },
  });
  return {
    op,
    ...(tolerance && { tolerance }),
    cases: [
      ...cases,
      {
        name: "NaN, infinities, subnormals, both zeros, bounds",
        inputs: { dy: f32Tensor([values.length], dy), [v]: f32Tensor([values.length], values) },
        attrs,
      },
      {
        name: "the same as whole vec4s",
        inputs: { dy: f32Tensor([4, values.length], four(dy)), [v]: f32Tensor([4, values.length], four(values)) },
        attrs,
      },
      { name: "prime length, beyond one workgroup, the last vec4 incomplete", inputs: pair(new Random(2), [7, 151]), attrs },
    ],
    random: (r) => ({ name: "random", inputs: pair(r, shapeOf(r)), attrs: random?.(r) ?? attrs }),
  };
};
