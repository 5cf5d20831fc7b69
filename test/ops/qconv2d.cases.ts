import { qconv2d } from "../../src/ops/qconv2d.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, made, randomI8, randomWeighted, weighted } from "../support/quantized.ts";

const spread = (shape: readonly number[], step: number) => made(shape, (i) => ((i * step) % 255) - 127);
const each = (oc: number, value: number): number[] => Array<number>(oc).fill(value);
const same = [1, 1, 1, 1];

/** [groups, channels of x a group, of y a group]: straddling words, depthwise, with a multiplier; undefined = no groups. */
const GROUPS: readonly (readonly [number, number, number] | undefined)[] = [
  ...Array<undefined>(8).fill(undefined),
  [3, 5, 5],
  [5, 2, 2],
  [8, 5, 3],
  [2, 31, 33],
  [7, 1, 1],
  [33, 1, 1],
  [5, 1, 2],
  [7, 1, 3],
];

export const qconv2dCases: OpCases = {
  op: qconv2d,
  cases: [
    {
      name: "outside the image x is the zero point, not 0",
      inputs: { x: filled([1, 2, 2, 1], 3), ...weighted(filled([1, 3, 3, 1], 1), { xZeroPoint: 3, yZeroPoint: 5 }) },
      attrs: { padding: same },
      expected: { y: filled([1, 2, 2, 1], 5) },
    },
    {
      name: "a cross-correlation: the kernel is not flipped",
      inputs: { x: tensor("i8", [1, 1, 3, 1], [1, 2, 3]), ...weighted(tensor("i8", [1, 1, 2, 1], [10, 1])) },
      expected: { y: tensor("i8", [1, 1, 2, 1], [12, 23]) },
    },
    {
      name: "exact ties of both signs round up",
      inputs: { x: tensor("i8", [1, 1, 4, 1], [1, -1, 3, -3]), ...weighted(filled([1, 1, 1, 1], 1), { exponent: [0] }) },
      expected: { y: tensor("i8", [1, 1, 4, 1], [1, 0, 2, -1]) },
    },
    {
      name: "operands at the ends of their ranges, sums beyond 2^24",
      inputs: {
        x: filled([1, 3, 3, 171], -128),
        ...weighted(filled([3, 3, 3, 171], -127), { xZeroPoint: 127, exponent: each(3, -18), yZeroPoint: -128 }),
      },
      attrs: { padding: same },
    },
    {
      name: "an odd sum beyond 2^25 comes out to the last bit",
      inputs: {
        x: filled([1, 1, 1, 2105], 127),
        ...weighted(
          made([2, 1, 1, 2105], (i) => (i === 2 ? 126 : 127)),
          { bias: each(2, -2105 * 16129) },
        ),
      },
      expected: { y: tensor("i8", [1, 1, 1, 2], [-127, 0]) },
    },
    {
      name: "multipliers per channel, at both ends of the exponent",
      inputs: {
        x: filled([1, 1, 1, 1], 100),
        ...weighted(filled([5, 1, 1, 1], 100), {
          multiplier: [2 ** 31 - 1, 2 ** 31 - 1, 0, 2 ** 30, 2 ** 30],
          exponent: [30, -31, 0, -7, -8],
          yZeroPoint: -1,
        }),
      },
      expected: { y: tensor("i8", [1, 1, 1, 5], [127, -1, -1, 38, 19]) },
    },
    {
      name: "relu clamps at the zero point of y within a narrow range",
      inputs: { x: tensor("i8", [1, 1, 3, 1], [-9, 0, 9]), ...weighted(filled([1, 1, 1, 1], 1), { yZeroPoint: -2 }) },
      attrs: { activation: "relu", quantMin: -8, quantMax: 5 },
      expected: { y: tensor("i8", [1, 1, 3, 1], [-2, -2, 5]) },
    },
    {
      name: "the first layer of a digit net: 1 channel, many taps outside",
      inputs: {
        x: spread([2, 5, 7, 1], 91),
        ...weighted(spread([13, 3, 3, 1], 37), { exponent: each(13, -8), xZeroPoint: -128, yZeroPoint: -128 }),
      },
      attrs: { padding: same, activation: "relu" },
    },
    {
      name: "3 channels, 5 x 5, stride 2, asymmetric padding",
      inputs: { x: spread([1, 11, 7, 3], 91), ...weighted(spread([5, 5, 5, 3], 37), { exponent: each(5, -9), xZeroPoint: 17 }) },
      attrs: { padding: [2, 1, 0, 3], stride: [2, 2] },
    },
    {
      name: "enough channels and pixels to fill tiles and start the next",
      inputs: {
        x: spread([2, 9, 13, 67], 91),
        ...weighted(spread([71, 3, 3, 67], 37), { exponent: each(71, -13), xZeroPoint: -7, yZeroPoint: 3 }),
      },
      attrs: { padding: same },
    },
    {
      name: "h = 1, w = 1, stride larger than the kernel",
      inputs: { x: spread([3, 1, 9, 4], 91), ...weighted(spread([4, 1, 2, 4], 37), { exponent: each(4, -7) }) },
      attrs: { stride: [1, 4] },
    },
  ],
  random(r) {
    const [kh, kw] = r.pick([
      [1, 1],
      [3, 3],
      [3, 3],
      [5, 5],
      [1, 3],
      [2, 1],
    ]) as [number, number];
    const padding = [r.int(0, 2), r.int(0, 2), r.int(0, 2), r.int(0, 2)];
    const dilation = r.pick([[1, 1], [1, 1], [2, 1], [1, 3], [2, 2]]) as [number, number]; // prettier-ignore
    // Now and then enough pixels and channels for several tiles of the kernels, or sums too deep for f32.
    const size = r.int(0, 15);
    const h = Math.max(size === 0 ? 11 : r.pick([1, 2, 5]), dilation[0] * (kh - 1) + 1 - padding[0]! - padding[1]!);
    const w = Math.max(size === 0 ? 13 : r.pick([1, 4, 9]), dilation[1] * (kw - 1) + 1 - padding[2]! - padding[3]!);
    const [groups, icGroup, ocGroup] = r.pick(GROUPS) ?? [1, size === 1 ? 131 : r.pick(CHANNELS), size === 0 ? 67 : r.pick(CHANNELS)];
    const x = randomI8(r, [r.int(1, 2), h, w, groups * icGroup], -128);
    const { inputs, attrs } = randomWeighted(r, x, randomI8(r, [groups * ocGroup, kh, kw, icGroup], -127), groups);
    return { name: "random", inputs, attrs: { padding, stride: [r.int(1, 2), r.int(1, 2)], dilation, groups, ...attrs } };
  },
};
