import { roundings } from "../../src/numerics/index.ts";
import { qconv2d } from "../../src/ops/qconv2d.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, made, randomI8, randomWeighted, unsigned, weighted } from "../support/quantized.ts";

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
    ...(
      [
        // 63 and 64 times 2^-7, and below 0: just under a half, and a tie.
        ["singleHalfUp", [0, 0, 1, 0]],
        ["singleHalfAway", [0, 0, 1, -1]],
        ["doubleHalfAway", [1, 0, 1, -1]],
        ["doubleHalfUp", [1, 0, 1, 0]],
        ["float", [0, 0, 0, 0]],
        ["floatBias", [1, 0, 1, 0]], // with a bias of 1.5
      ] as const
    ).map(([rounding, y]) => ({
      name: `ties and what becomes one by rounding twice: ${rounding}`,
      inputs: {
        x: tensor("i8", [1, 1, 4, 1], [63, -63, 64, -64]),
        ...weighted(filled([1, 1, 1, 1], 1), {
          exponent: [-6],
          ...(rounding === "floatBias" ? { floatBias: true, bias: [1.5] } : {}),
        }),
      },
      attrs: { rounding },
      expected: { y: tensor("i8", [1, 1, 4, 1], y) },
    })),
    {
      name: "float rounds the accumulator to 24 bits first: just above a tie becomes the tie",
      inputs: {
        x: filled([1, 1, 1, 1], 0),
        ...weighted(filled([2, 1, 1, 1], 1), { bias: [2 ** 24 + 1, -(2 ** 24) - 3], exponent: [-24, -24] }),
      },
      attrs: { rounding: "float" },
      expected: { y: tensor("i8", [1, 1, 1, 2], [0, -1]) },
    },
    // y = x / 2 - 10, a tie where x is odd, by multipliers of 1/128 that are right, off by as little as they can be, or by
    // what a first rounding takes away. x reaches beyond the last full tile of pixels.
    ...roundings.map((rounding) => ({
      name: `at ties and next to them, the zero point of x folded in: ${rounding}`,
      inputs: {
        x: spread([1, 5, 7, 6], 91),
        ...weighted(
          made([6, 1, 1, 6], (i) => (i % 7 === 0 ? 64 : 0)),
          {
            multiplier: [2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 30 + 2 ** 18, 2 ** 31 - 1, 2 ** 30 - 2 ** 18],
            exponent: [-6, -6, -6, -6, -7, -6],
            bias: each(6, 64 * (127 - 20)),
            xZeroPoint: 127,
            floatBias: rounding === "floatBias",
          },
        ),
      },
      attrs: { rounding },
    })),
    ...roundings.map((rounding, i) => ({
      name: `enough work for the widest tile, pairs of words, ties: ${rounding}`,
      inputs: {
        x: i % 2 ? unsigned(spread([1, 13, 17, 64], 91)) : spread([1, 13, 17, 64], 91),
        ...weighted(spread([47, 3, 3, 64], 37), {
          exponent: each(47, -9),
          xZeroPoint: i % 2 ? 121 : -7,
          yZeroPoint: 3,
          ...(rounding === "floatBias" ? { floatBias: true, bias: each(47, 0.5) } : {}),
          ...(i % 3 === 0 ? { weightZeroPoint: Array.from({ length: 47 }, (_, c) => (c % 5) - 2) } : {}),
        }),
      },
      attrs: { padding: same, rounding, activation: i % 2 ? "relu" : "none" },
    })),
    {
      name: "the widest tile, odd sums beyond 2^24",
      inputs: {
        x: filled([1, 10, 10, 128], 127),
        ...weighted(
          made([64, 3, 3, 128], (i) => (i % 1151 === 0 ? 126 : 127)),
          { bias: each(64, 228 - 1152 * 127 * 127) },
        ),
      },
    },
    {
      name: "folded zero points beyond i32 that unwrap: x of few levels far from 0",
      inputs: {
        x: unsigned(made([1, 3, 3, 2], (i) => (i % 16) - 128)),
        ...weighted(filled([3, 3, 3, 2], -127), {
          bias: [2 ** 31 - 1 - 18 * 127 * 15, -(2 ** 31) + 18 * 127 * 15, 5],
          xZeroPoint: 0,
          exponent: [-23, -23, -8],
        }),
      },
    },
    {
      name: "2 groups, channel by channel",
      inputs: {
        x: tensor("i8", [1, 1, 1, 4], [1, 2, 3, 4]),
        ...weighted(tensor("i8", [2, 1, 1, 2], [1, 10, 1, 10]), { groups: 2 }),
      },
      attrs: { groups: 2 },
      expected: { y: tensor("i8", [1, 1, 1, 2], [21, 43]) },
    },
    {
      name: "3 groups of 5 channels: words that two groups share",
      inputs: {
        x: spread([1, 3, 5, 15], 91),
        ...weighted(spread([15, 3, 3, 5], 37), { exponent: each(15, -9), xZeroPoint: -7, groups: 3 }),
      },
      attrs: { padding: same, groups: 3 },
    },
    {
      name: "8 groups from 5 to 3 channels: 4 outputs of two groups",
      inputs: { x: spread([1, 4, 3, 40], 91), ...weighted(spread([24, 2, 2, 5], 37), { exponent: each(24, -9), groups: 8 }) },
      attrs: { groups: 8 },
    },
    {
      name: "5 groups of 2: 4 outputs of three groups, sums beyond 1024 products",
      inputs: { x: filled([1, 16, 17, 10], -128), ...weighted(filled([10, 16, 17, 2], -128), { exponent: each(10, -17), groups: 5 }) },
      attrs: { groups: 5 },
    },
    {
      name: "a channel multiplier of 3",
      inputs: { x: spread([1, 3, 3, 7], 91), ...weighted(spread([21, 3, 3, 1], 37), { exponent: each(21, -7), groups: 7 }) },
      attrs: { padding: same, groups: 7 },
    },
    {
      name: "depthwise: odd channels, stride 2 across, columns that end within 4",
      inputs: {
        x: spread([2, 5, 11, 7], 91),
        ...weighted(spread([7, 3, 3, 1], 37), { exponent: each(7, -7), xZeroPoint: -128, yZeroPoint: -128, groups: 7 }),
      },
      attrs: { padding: [0, 1, 2, 0], stride: [1, 2], groups: 7, activation: "relu" },
    },
    ...[1, 2].map((step) => ({
      name: `depthwise 3 x 3, stride ${step}: more rows than a thread's, u8, asymmetric weights`,
      inputs: {
        x: unsigned(spread([2, 31, 6, 5], 91)),
        ...weighted(unsigned(spread([5, 3, 3, 1], 37)), {
          exponent: each(5, -8),
          xZeroPoint: 255,
          weightZeroPoint: [0, 255, 128, 1, 77],
          groups: 5,
        }),
      },
      attrs: { padding: [1, 2, 0, 1], stride: [step, step], groups: 5 },
    })),
    // y = x / 2 - 10, a tie where x is odd, by multipliers of 1/128 that are right, off by as little as they can be, or by
    // what a first rounding takes away.
    ...roundings.map((rounding) => ({
      name: `depthwise 3 x 3, at ties and next to them: ${rounding}`,
      inputs: {
        x: spread([1, 5, 7, 6], 91),
        ...weighted(
          made([6, 3, 3, 1], (i) => (i % 9 === 4 ? 64 : 0)),
          {
            multiplier: [2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 30 + 2 ** 18, 2 ** 31 - 1, 2 ** 30 - 2 ** 18],
            exponent: [-6, -6, -6, -6, -7, -6],
            bias: each(6, -64 * 20),
            groups: 6,
            floatBias: rounding === "floatBias",
          },
        ),
      },
      attrs: { padding: same, groups: 6, rounding },
    })),
    {
      name: "depthwise, literally",
      inputs: {
        x: tensor("i8", [1, 1, 3, 2], [1, 10, 2, 20, 3, 30]),
        ...weighted(tensor("i8", [2, 1, 2, 1], [1, 2, 3, 1]), { groups: 2 }),
      },
      attrs: { groups: 2 },
      expected: { y: tensor("i8", [1, 1, 2, 2], [5, 50, 8, 90]) },
    },
    {
      name: "depthwise with 289 taps, both factors 255 from their zero points: sums beyond 2^24",
      inputs: {
        x: unsigned(filled([1, 17, 18, 3], 127)),
        ...weighted(unsigned(filled([3, 17, 17, 1], 127)), {
          weightZeroPoint: each(3, 0),
          bias: each(3, -289 * 65025 + 100),
          groups: 3,
        }),
      },
      attrs: { groups: 3 },
      expected: { y: filled([1, 1, 2, 3], 100) },
    },
    {
      name: "depthwise, dilated, h = 1",
      inputs: { x: spread([1, 1, 13, 5], 91), ...weighted(spread([5, 1, 3, 1], 37), { exponent: each(5, -6), xZeroPoint: 3, groups: 5 }) },
      attrs: { padding: [0, 0, 2, 1], dilation: [1, 3], groups: 5 },
    },
    {
      name: "taps 2 and 3 apart, some in the padding",
      inputs: { x: spread([1, 7, 9, 5], 91), ...weighted(spread([3, 3, 2, 5], 37), { exponent: each(3, -8), xZeroPoint: 11 }) },
      attrs: { padding: [2, 1, 0, 3], dilation: [2, 3], stride: [2, 1] },
    },
    {
      name: "taps apart in rows of patches",
      inputs: { x: spread([1, 6, 5, 2], 91), ...weighted(spread([5, 2, 3, 2], 37), { exponent: each(5, -8), xZeroPoint: 11 }) },
      attrs: { padding: [1, 0, 1, 1], dilation: [3, 2] },
    },
    {
      name: "u8 to u8, outside is the zero point",
      inputs: {
        x: tensor("u8", [1, 1, 3, 1], [0, 200, 255]),
        ...weighted(filled([1, 1, 3, 1], 1), { xZeroPoint: 200, yZeroPoint: 210 }),
      },
      attrs: { padding: [0, 0, 1, 1], dtype: "u8", quantMin: 0, quantMax: 255 },
      expected: { y: tensor("u8", [1, 1, 3, 1], [10, 65, 255]) },
    },
    {
      name: "weights with zero points add nothing outside the image",
      inputs: {
        x: tensor("i8", [1, 1, 2, 1], [5, 7]),
        ...weighted(tensor("u8", [2, 1, 3, 1], [10, 11, 12, 0, 0, 1]), { xZeroPoint: 4, weightZeroPoint: [10, 0] }),
      },
      attrs: { padding: [0, 0, 1, 1] },
      // x - 4 = 1, 3; weights [0, 1, 2] and [0, 0, 1]
      expected: { y: tensor("i8", [1, 1, 2, 2], [7, 3, 3, 0]) },
    },
    {
      name: "u8 and asymmetric weights in 2 groups, every product 255 * 255",
      inputs: {
        x: unsigned(filled([1, 3, 3, 262], 127)),
        ...weighted(unsigned(filled([6, 3, 3, 131], 127)), {
          weightZeroPoint: each(6, 0),
          bias: each(6, -9 * 131 * 65025 + 77),
          groups: 2,
        }),
      },
      attrs: { groups: 2, dtype: "u8", quantMin: 0, quantMax: 255 },
      expected: { y: unsigned(filled([1, 1, 1, 6], 77 - 128)) },
    },
    {
      name: "floatBias: a bias with a fraction, asymmetric weights",
      inputs: {
        x: spread([1, 3, 4, 6], 91),
        ...weighted(spread([5, 2, 2, 6], 37), {
          floatBias: true,
          bias: [0.5, -0.25, 1000.125, 3e8, -1e-3],
          multiplier: each(5, 0x5a82790 * 8),
          exponent: each(5, -8),
          xZeroPoint: -5,
          weightZeroPoint: [1, 0, -128, 127, 5],
        }),
      },
      attrs: { rounding: "floatBias", padding: same },
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
    const h = Math.max(size <= 1 ? 13 : r.pick([1, 2, 5]), dilation[0] * (kh - 1) + 1 - padding[0]! - padding[1]!);
    const w = Math.max(size <= 1 ? 17 : r.pick([1, 4, 9]), dilation[1] * (kw - 1) + 1 - padding[2]! - padding[3]!);
    const [ic, oc] = [size <= 1 ? r.pick([31, 33]) : size === 2 ? 131 : r.pick(CHANNELS), size <= 1 ? 67 : r.pick(CHANNELS)];
    const [groups, icGroup, ocGroup] = r.pick(GROUPS) ?? [1, ic, oc];
    const x = randomI8(r, [r.int(1, 2), h, w, groups * icGroup], -128);
    const { inputs, attrs } = randomWeighted(r, x, randomI8(r, [groups * ocGroup, kh, kw, icGroup], -128), groups);
    return { name: "random", inputs, attrs: { padding, stride: [r.int(1, 2), r.int(1, 2)], dilation, groups, ...attrs } };
  },
};
