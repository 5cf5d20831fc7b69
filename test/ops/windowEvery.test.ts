/**
 * Windows that cannot be, for every op that has one: convolutions of floats and of integers, pools, and their gradients. Each
 * refusal says all of class, code, where, expected and got.
 */
import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/errors.ts";
import { ops, type Attrs, type OpDef, type Types } from "../../src/ops/index.ts";
import { f32, i32, i8, u8 } from "../../src/tensor/index.ts";

/** 6 -> 4 channels in 3 x 3 windows over 9 x 7 pixels. */
const image = [2, 9, 7, 6];
const dy = f32([2, 7, 5, 4]);
const packed: Types = { x: i8(image), weight: i8([1, 3, 3, 2, 4, 4]), weightSum: i32([4]), xZeroPoint: i32([1]) };
const requantized: Types = { bias: i32([4]), multiplier: i32([4]), exponent: i32([4]), yZeroPoint: i32([1]) };
const table: Types = { xZeroPoint: i32([1]), yZeroPoint: i32([1]), multiplier: i32([10]), exponent: i32([10]) };
const pool = { kernel: [3, 3], stride: [1, 1] };
const pooled = f32([2, 7, 5, 6]);

const windowed: Readonly<Record<string, readonly [types: Types, attrs: Attrs]>> = {
  conv2d: [{ x: f32(image), weight: f32([4, 3, 3, 6]) }, {}],
  conv2dBackwardInput: [{ dy, weight: f32([4, 3, 3, 6]) }, { inputSize: [9, 7] }],
  conv2dBackwardWeight: [{ x: f32(image), dy }, { kernel: [3, 3] }],
  qconv2d: [{ ...packed, ...requantized }, {}],
  qaccumulate2d: [packed, {}],
  maxPool2d: [{ x: f32(image) }, pool],
  maxPool2dBackward: [{ x: f32(image), dy: pooled }, pool],
  maxPool2dWinners: [{ x: f32(image) }, pool],
  maxPool2dWinnersBackward: [
    { dy: pooled, winners: u8([2, 9, 5, 6]) },
    { ...pool, inputSize: [9, 7] },
  ],
  avgPool2d: [{ x: f32(image) }, pool],
  avgPool2dBackward: [{ dy: pooled }, { ...pool, inputSize: [9, 7] }],
  qmaxPool2d: [{ x: u8(image) }, pool],
  qavgPool2d: [{ x: i8(image), ...table }, pool],
};

const refusals: readonly (readonly [what: string, attribute: string, wrong: readonly unknown[], code: RegExp])[] = [
  [
    "strides beyond all coordinates",
    "stride",
    [
      [2 ** 31, 1],
      [1, 2 ** 32],
      [1, Infinity],
    ],
    /^bad-attribute$/,
  ],
  ["groups 0, -1, fractional, NaN", "groups", [0, -1, 1.5, NaN], /^bad-attribute$/],
  ["groups that divide the channels of one side alone, or of none", "groups", [3, 5, 12, 24], /^bad-attribute$/],
  [
    "stride 0, negative, fractional, for one axis, for three",
    "stride",
    [[0, 1], [1, 0], [1, -1], [0.5, 1], [1], [1, 1, 1], []],
    /^bad-attribute$/,
  ],
  [
    "dilation 0, negative, fractional, for one axis, for three",
    "dilation",
    [[0, 1], [1, 0], [1, -1], [0.5, 1], [1], [1, 1, 1]],
    /^bad-attribute$/,
  ],
  [
    "dilation that spans more than the image",
    "dilation",
    [
      [5, 1],
      [1, 4],
      [2 ** 31, 1],
    ],
    /^kernel-too-large$/,
  ],
  [
    "padding negative, fractional, of another number of sides, none",
    "padding",
    [
      [-1, 1, 0, 0],
      [0, 0, 0, -1],
      [0, 0.5, 0, 0],
      [0, NaN, 0, 0],
      [],
      [1],
      [1, 1],
      [1, 1, 1],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
      "SAME",
      null,
    ],
    /^bad-attribute$/,
  ],
  [
    "huge padding",
    "padding",
    [
      [2 ** 31, 0, 0, 0],
      [0, 0, 0, 2 ** 31 - 1],
      [0, 2 ** 53 - 1, 0, 0],
      [0, Infinity, 0, 0],
      [2 ** 30, 2 ** 30, 0, 0],
    ],
    /^bad-attribute$/,
  ],
  [
    "a kernel larger than the padded image",
    "kernel",
    [
      [12, 3],
      [3, 10],
    ],
    /^kernel-too-large$/,
  ],
  ["kernel 0, negative, fractional, for one axis", "kernel", [[0, 3], [3, -1], [3, 1.5], [3]], /^bad-attribute$/],
  ["ceilMode that is no boolean", "ceilMode", [2, 1, null, "true"], /^bad-attribute$/],
];

it("all ops with windows are here", () => {
  const named = Object.keys(ops).filter((name) => /(conv|accumulate|Pool)2d/.test(name) && !/global|adaptive/i.test(name));
  expect(Object.keys(windowed).sort()).toEqual(named.sort());
});

describe.each(Object.entries(windowed))("%s", (name, [types, attrs]) => {
  const op: OpDef = ops[name as keyof typeof ops];
  const all: Attrs = { ...op.defaults, ...attrs };
  const infer = (wrong: Attrs, given = types): unknown => op.infer(given, { ...all, ...wrong }, 'op "layer"');

  it("takes what the refusals are made from", () => {
    expect(() => infer({})).not.toThrow();
  });

  const own = refusals.filter(([, attribute]) => attribute in all);
  it("has them all but for what it has no attribute for", () => {
    expect(own.length).toBeGreaterThanOrEqual(5);
  });

  it.each(own)("refuses %s", (_, attribute, wrong, code) => {
    for (const value of wrong) {
      // Padding of a pixel all around, so that the kernel is compared with the padded image.
      const padded: Attrs = attribute === "kernel" ? { padding: [1, 1, 1, 1] } : {};
      const failure = ((): unknown => {
        try {
          return infer({ ...padded, [attribute]: value as Attrs[string] });
        } catch (e) {
          return e;
        }
      })();
      const what = `${attribute} ${JSON.stringify(value)}`;
      expect(failure, what).toBeInstanceOf(ShapeError);
      const { code: got, ...error } = failure as ShapeError;
      expect([what, got]).toEqual([what, expect.stringMatching(code)]);
      expect({ what, ...error }).toMatchObject({ what, where: 'op "layer"', got: expect.stringMatching(/./) as string });
      // Of what has but two values the problem itself says which.
      expect([what, error.expected ?? error.problem]).toEqual([what, expect.stringMatching(/\d|true or false/)]);
    }
  });
});

describe("a kernel larger than the padded image", () => {
  const of = (size: number): readonly (readonly [string, Types, Attrs])[] => [
    ["conv2d", { x: f32(image), weight: f32([4, size, 3, 6]) }, {}],
    ["qconv2d", { ...packed, ...requantized, weight: i8([1, size, 3, 2, 4, 4]) }, {}],
    ["qaccumulate2d", { ...packed, weight: i8([1, size, 3, 2, 4, 4]) }, {}],
    ["conv2dBackwardInput", { dy: f32([2, 1, 5, 4]), weight: f32([4, size, 3, 6]) }, { inputSize: [9, 7] }],
  ];
  it.each(of(12))("is refused where the weight has it: %s", (name, types, attrs) => {
    const op: OpDef = ops[name as keyof typeof ops];
    const attempt = (): unknown => op.infer(types, { ...op.defaults, ...attrs, padding: [1, 1, 0, 0] }, name);
    expect(attempt).toThrow(ShapeError);
    expect(attempt).toThrow(/larger than the padded image.*at most 11 along the height, got 12/);
  });
  it.each(of(11))("is taken where it just fits: %s", (name, types, attrs) => {
    const op: OpDef = ops[name as keyof typeof ops];
    expect(() => op.infer(types, { ...op.defaults, ...attrs, padding: [1, 1, 0, 0] }, name)).not.toThrow();
  });
});
