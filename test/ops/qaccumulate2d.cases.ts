import { qaccumulate2d } from "../../src/ops/qaccumulate2d.ts";
import type { Tensors } from "../../src/ops/op.ts";
import { tensor } from "../../src/tensor/index.ts";
import type { OpCases } from "../support/cases.ts";
import { CHANNELS, filled, made, randomI8, randomZeroPoint, unsigned, weighted } from "../support/quantized.ts";

const spread = (shape: readonly number[], step: number) => made(shape, (i) => ((i * step) % 255) - 127);
const same = [1, 1, 1, 1];

/** What qconv2d takes, without what requantizes. */
function summed(...given: Parameters<typeof weighted>): Tensors {
  const { weight, weightSum, xZeroPoint, weightZeroPoint } = weighted(...given);
  return { weight: weight!, weightSum: weightSum!, xZeroPoint: xZeroPoint!, ...(weightZeroPoint && { weightZeroPoint }) };
}

/** [groups, channels of x a group, of y a group]: straddling words, depthwise, with a multiplier. */
const GROUPS = [
  ...Array<undefined>(6).fill(undefined),
  [3, 5, 5],
  [5, 2, 2],
  [8, 5, 3],
  [7, 1, 1],
  [33, 1, 1],
  [5, 1, 2],
  [7, 1, 3],
] as const;

export const qaccumulate2dCases: OpCases = {
  op: qaccumulate2d,
  cases: [
    {
      name: "outside the image x is the zero point, not 0",
      inputs: { x: filled([1, 2, 2, 1], 3), ...summed(filled([1, 3, 3, 1], 1), { xZeroPoint: 3 }) },
      attrs: { padding: same },
      expected: { y: tensor("i32", [1, 2, 2, 1], [0, 0, 0, 0]) },
    },
    {
      name: "u8 on both sides with zero points of their own, each channel its own",
      inputs: {
        x: tensor("u8", [1, 1, 1, 3], [0, 128, 255]),
        ...summed(tensor("u8", [2, 1, 1, 3], [1, 2, 3, 255, 254, 0]), { xZeroPoint: 127, weightZeroPoint: [2, 128] }),
      },
      // -127 * -1 + 1 * 0 + 128 * 1, and -127 * 127 + 1 * 126 + 128 * -128
      expected: { y: tensor("i32", [1, 1, 1, 2], [255, -32387]) },
    },
    {
      name: "a sum that f32 does not hold, of operands at the ends of their ranges",
      inputs: { x: filled([1, 1, 1, 2105], 127), ...summed(made([1, 1, 1, 2105], (i) => (i === 2 ? 126 : 127))) },
      expected: { y: tensor("i32", [1, 1, 1, 1], [2105 * 16129 - 127]) },
    },
    {
      name: "depthwise, 5 channels, stride 2, dilation 2: lanes past the end are not written",
      inputs: { x: spread([2, 7, 6, 5], 91), ...summed(spread([5, 3, 3, 1], 37), { xZeroPoint: -9, groups: 5 }) },
      attrs: { groups: 5, stride: [2, 2], dilation: [2, 2], padding: [1, 2, 2, 1] },
    },
    {
      name: "depthwise with zero points of weights",
      inputs: {
        x: unsigned(spread([1, 4, 5, 7], 91)),
        ...summed(unsigned(spread([7, 3, 3, 1], 37)), { xZeroPoint: 31, weightZeroPoint: [0, 255, 128, 3, 77, 1, 200], groups: 7 }),
      },
      attrs: { groups: 7, padding: same },
    },
    {
      name: "groups that straddle words, asymmetric",
      inputs: {
        x: spread([1, 5, 4, 15], 91),
        ...summed(spread([9, 3, 3, 5], 37), { xZeroPoint: 5, weightZeroPoint: [1, -2, 3, -4, 5, -6, 7, -8, 9], groups: 3 }),
      },
      attrs: { groups: 3, padding: same },
    },
  ],
  random(r) {
    // Now and then sums too large for f32.
    const ic = r.int(0, 5) === 0 ? 301 : r.pick(CHANNELS);
    const [groups, icGroup, ocGroup] = r.pick(GROUPS) ?? [1, ic, r.pick(CHANNELS)];
    const [kh, kw] = [r.int(1, 3), r.int(1, 3)];
    const [dilation, stride] = [r.pick([1, 1, 2]), r.int(1, 2)];
    const padding = [r.int(0, kh - 1), r.int(0, kh - 1), r.int(0, kw - 1), r.int(0, kw - 1)];
    const size = [kh, kw].map((k, i) => Math.max(1, (k - 1) * dilation + 1 - padding[2 * i]! - padding[2 * i + 1]!) + r.int(0, 4));
    const x = randomI8(r, [r.int(1, 2), ...size, groups * icGroup], -128);
    const weight = randomI8(r, [groups * ocGroup, kh, kw, icGroup], -128);
    const [xIsUnsigned, isUnsigned, isAsymmetric] = [r.int(0, 1) === 1, r.int(0, 1) === 1, r.int(0, 1) === 1];
    const given = {
      xZeroPoint: randomZeroPoint(r) + (xIsUnsigned ? 128 : 0),
      groups,
      ...(isAsymmetric && { weightZeroPoint: Array.from({ length: groups * ocGroup }, () => randomZeroPoint(r) + (isUnsigned ? 128 : 0)) }),
    };
    return {
      name: "random",
      inputs: { x: xIsUnsigned ? unsigned(x) : x, ...summed(isUnsigned ? unsigned(weight) : weight, given) },
      attrs: { stride: [stride, stride], dilation: [dilation, dilation], padding, groups },
    };
  },
};
