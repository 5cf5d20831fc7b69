/** What convolutions and pools refuse of windows, and means of axes: class, code, where, expected, got. */
import { describe, expect, it } from "vitest";
import { DTypeError, QuantizationError, ShapeError, type Dot4Error } from "../../src/errors.ts";
import { ops, type Attrs, type OpDef, type Types } from "../../src/ops/index.ts";
import { f32, i32, i8, u8 } from "../../src/tensor/index.ts";

const image = [1, 9, 7, 3];
const conv: Types = { x: f32(image), weight: f32([5, 3, 3, 3]) };
const table = (entries: number): Types => ({
  xZeroPoint: i32([1]),
  yZeroPoint: i32([1]),
  multiplier: i32([entries]),
  exponent: i32([entries]),
});

const pool = { kernel: [3, 3], stride: [2, 2] };
/** Everything with a window, ready to compute. */
const windowed: readonly (readonly [op: OpDef, types: Types, attrs: Attrs])[] = [
  [ops.conv2d, conv, {}],
  [ops.maxPool2d, { x: f32(image) }, pool],
  [ops.qmaxPool2d, { x: u8(image) }, pool],
  [ops.avgPool2d, { x: f32(image) }, pool],
  [ops.qavgPool2d, { x: i8(image), ...table(10) }, pool],
];

type Refusal = readonly [what: string, attrs: Attrs, code: string];
const windows: readonly Refusal[] = [
  ["stride 0", { stride: [0, 2] }, "bad-attribute"],
  ["a negative stride", { stride: [2, -2] }, "bad-attribute"],
  ["a stride that is no number", { stride: [NaN, 2] }, "bad-attribute"],
  ["one stride for two axes", { stride: [2] }, "bad-attribute"],
  ["a negative padding", { padding: [0, -1, 0, 0] }, "bad-attribute"],
  ["a fractional padding", { padding: [0, 0, 0.5, 0] }, "bad-attribute"],
  ["a padding of two numbers", { padding: [1, 1] }, "bad-attribute"],
  ["a padding of six numbers", { padding: [0, 0, 0, 0, 0, 0] }, "bad-attribute"],
  ["a padding that is no list", { padding: "SAME" }, "bad-attribute"],
  ["a padding of 2^31 pixels", { padding: [0, 2 ** 31, 0, 0] }, "bad-attribute"],
  ["paddings that make 2^32 pixels", { padding: [2 ** 16, 0, 2 ** 16, 0], stride: [1, 1] }, "bad-attribute"],
  ["a stride beyond all coordinates", { stride: [2 ** 32, 1] }, "bad-attribute"],
];
/** For those that have a dilation. */
const dilations: readonly Refusal[] = [
  ["dilation 0", { dilation: [1, 0] }, "bad-attribute"],
  ["a negative dilation", { dilation: [-1, 1] }, "bad-attribute"],
  ["one dilation for two axes", { dilation: [1] }, "bad-attribute"],
  ["a window that dilation makes larger than the image", { dilation: [1, 4] }, "kernel-too-large"],
];
/** For pools alone. */
const pools: readonly Refusal[] = [
  ["kernel 0", { kernel: [0, 3] }, "bad-attribute"],
  ["a kernel of one number", { kernel: [3] }, "bad-attribute"],
  ["a kernel larger than the padded image", { kernel: [11, 3], padding: [1, 0, 0, 0] }, "kernel-too-large"],
  ["ceilMode 2", { ceilMode: 2 }, "bad-attribute"],
  ["ceilMode null", { ceilMode: null }, "bad-attribute"],
  ["a window in the padding above", { padding: [3, 0, 0, 0] }, "bad-attribute"],
  ["a window in the padding at the right", { padding: [0, 0, 0, 3] }, "bad-attribute"],
];
const averages: readonly Refusal[] = [
  ["countIncludePad 1", { countIncludePad: 1 }, "bad-attribute"],
  ["divisor 0", { divisorOverride: 0 }, "bad-attribute"],
  ["a fractional divisor", { divisorOverride: 1.5 }, "bad-attribute"],
  ["a negative divisor", { divisorOverride: -4 }, "bad-attribute"],
];

/** What is thrown says all of it. */
function expectRefusal(op: OpDef, types: Types, attrs: Attrs, error: typeof Dot4Error, code: string): void {
  const where = `${op.name} "layer"`;
  const all = { ...op.defaults, ...attrs };
  try {
    op.infer(types, all, where);
  } catch (e) {
    expect(e).toBeInstanceOf(error);
    expect(e).toMatchObject({ code, where });
    expect((e as Dot4Error).got).toBeTruthy();
    return;
  }
  throw new Error("was not refused");
}

describe.each(windowed.map(([op, types, attrs]) => [op.name, op, types, attrs] as const))("%s", (_, op, types, attrs) => {
  it("takes what the refusals are made from", () => {
    expect(() => op.infer(types, { ...op.defaults, ...attrs }, "")).not.toThrow();
  });

  const has = (name: string): boolean => op.defaults !== undefined && name in op.defaults;
  const refused = [
    ...windows,
    ...(has("dilation") ? dilations : []),
    ...("kernel" in attrs ? pools : []),
    ...(has("countIncludePad") ? averages : []),
  ];
  it.each(refused)("refuses %s", (_, wrong, code) => expectRefusal(op, types, { ...attrs, ...wrong }, ShapeError, code));
});

describe("windows between the taps of which the image lies", () => {
  it("a dilated max pool over one pixel", () => {
    const attrs = { kernel: [1, 2], stride: [1, 1], padding: [0, 0, 1, 1], dilation: [1, 2], ceilMode: false };
    expectRefusal(ops.maxPool2d, { x: f32([1, 1, 1, 3]) }, attrs, ShapeError, "bad-attribute");
    expect(() => ops.maxPool2d.infer({ x: f32([1, 1, 2, 3]) }, attrs, "")).not.toThrow();
  });
});

const dy = f32([1, 4, 3, 3]);
const others: readonly (readonly [what: string, op: OpDef, types: Types, attrs: Attrs, error: typeof Dot4Error, code: string])[] = [
  ["integers", ops.avgPool2d, { x: i8(image) }, pool, DTypeError, "dtype-mismatch"],
  ["floats", ops.qavgPool2d, { x: f32(image), ...table(10) }, pool, DTypeError, "dtype-mismatch"],
  ["dy of another size", ops.avgPool2dBackward, { dy }, { ...pool, inputSize: [9, 9] }, ShapeError, "shape-mismatch"],
  ["an input size of one number", ops.avgPool2dBackward, { dy }, { ...pool, inputSize: [9] }, ShapeError, "bad-attribute"],
  ["dy of another size", ops.maxPool2dBackward, { dy, x: f32([1, 9, 9, 3]) }, pool, ShapeError, "shape-mismatch"],
  ["winners of 4 x 4 pixels", ops.maxPool2dWinners, { x: f32([1, 9, 9, 3]) }, { ...pool, kernel: [4, 4] }, ShapeError, "bad-attribute"],
  [
    "fewer rows of winners",
    ops.maxPool2dWinnersBackward,
    { dy: f32([1, 7, 7, 3]), winners: u8([1, 7, 7, 3]) },
    { kernel: [3, 3], stride: [1, 1], inputSize: [9, 9] },
    ShapeError,
    "shape-mismatch",
  ],
  ["an output of 0 rows", ops.adaptiveAvgPool2d, { x: f32(image) }, { outputSize: [0, 1] }, ShapeError, "bad-attribute"],
  ["a symbolic height", ops.adaptiveAvgPool2d, { x: f32([1, "h", 7, 3]) }, { outputSize: [1, 1] }, ShapeError, "symbolic-size"],
  ["an input of 0 columns", ops.adaptiveAvgPool2dBackward, { dy }, { inputSize: [1, 0] }, ShapeError, "bad-attribute"],
  ["an image without channels", ops.globalAvgPool2d, { x: f32([1, 9, 7]) }, {}, ShapeError, "rank-mismatch"],
  ["a symbolic width", ops.globalAvgPool2d, { x: f32([1, 9, "w", 3]) }, {}, ShapeError, "symbolic-size"],
  ["no axes", ops.mean, { x: f32(image) }, { axes: [] }, ShapeError, "bad-attribute"],
  ["an axis twice", ops.mean, { x: f32(image) }, { axes: [1, -3] }, ShapeError, "bad-attribute"],
  ["an axis that is not there", ops.mean, { x: f32(image) }, { axes: [4] }, ShapeError, "bad-attribute"],
  ["a fractional axis", ops.mean, { x: f32(image) }, { axes: [0.5] }, ShapeError, "bad-attribute"],
  ["keepDim 1", ops.mean, { x: f32(image) }, { axes: [1], keepDim: 1 }, ShapeError, "bad-attribute"],
  ["the mean over the batch while it is symbolic", ops.mean, { x: f32(["n", 3]) }, { axes: [0] }, ShapeError, "symbolic-size"],
  ["seven axes", ops.mean, { x: f32([1, 1, 1, 1, 1, 1, 1]) }, { axes: [0] }, ShapeError, "bad-attribute"],
  ["one size for two axes", ops.meanBackward, { dy: f32([3]) }, { axes: [0, 1], sizes: [2] }, ShapeError, "bad-attribute"],
  ["a kept axis of size 3", ops.meanBackward, { dy: f32([3]) }, { axes: [0], sizes: [2], keepDim: true }, ShapeError, "shape-mismatch"],
  ["a table that lacks a count", ops.qavgPool2d, { x: i8(image), ...table(9) }, pool, ShapeError, "shape-mismatch"],
  [
    "one multiplier for all counts",
    ops.qadaptiveAvgPool2d,
    { x: i8(image), ...table(1) },
    { outputSize: [2, 2] },
    ShapeError,
    "shape-mismatch",
  ],
  ["two multipliers", ops.qglobalAvgPool2d, { x: i8(image), ...table(2) }, {}, ShapeError, "shape-mismatch"],
  ["float multipliers", ops.qmean, { x: i8(image), ...table(1), multiplier: f32([1]) }, { axes: [1] }, DTypeError, "dtype-mismatch"],
  ["an unknown rounding", ops.qmean, { x: i8(image), ...table(1) }, { axes: [1], rounding: "up" }, QuantizationError, "bad-rounding"],
  [
    "stored values with padding that counts",
    ops.qavgPool2d,
    { x: i8(image), ...table(10) },
    { ...pool, padding: [0, 1, 0, 0], rounding: "rawHalfAway" },
    QuantizationError,
    "counted-padding",
  ],
  ["a relu6", ops.qglobalAvgPool2d, { x: i8(image), ...table(1) }, { activation: "relu6" }, QuantizationError, "bad-activation"],
  [
    "the range of u8 for i8",
    ops.qglobalAvgPool2d,
    { x: i8(image), ...table(1) },
    { quantMin: 0, quantMax: 255 },
    QuantizationError,
    "bad-quant-range",
  ],
  ["sums of 2^24 pixels", ops.qglobalAvgPool2d, { x: i8([1, 4096, 4096, 1]), ...table(1) }, {}, QuantizationError, "accumulator-overflow"],
  ["sums over too many axes", ops.qmean, { x: i8([4096, 4096]), ...table(1) }, { axes: [0, 1] }, QuantizationError, "accumulator-overflow"],
  [
    "a window of 2^24 pixels",
    ops.qavgPool2d,
    { x: u8([1, 4096, 4096, 1]), ...table(2 ** 24 + 1) },
    { kernel: [4096, 4096], stride: [1, 1] },
    QuantizationError,
    "accumulator-overflow",
  ],
  [
    "a row of 2^24 pixels",
    ops.qadaptiveAvgPool2d,
    { x: u8([1, 1, 2 ** 24, 1]), ...table(2 ** 24 + 1) },
    { outputSize: [1, 1] },
    QuantizationError,
    "accumulator-overflow",
  ],
];

describe("pools and means refuse", () => {
  it.each(others.map(([what, op, ...rest]) => [op.name, what, op, ...rest] as const))("%s: %s", (_, __, op, types, attrs, error, code) =>
    expectRefusal(op, types, attrs, error, code),
  );
});

describe("averages of stored values take", () => {
  const types = { x: i8(image), ...table(10) };
  it.each<[what: string, attrs: Attrs]>([
    ["no padding", {}],
    ["padding that does not count", { padding: [0, 1, 0, 0], countIncludePad: false }],
    ["a divisor of their own", { padding: [0, 1, 0, 0], divisorOverride: 9 }],
  ])("%s", (_, attrs) => {
    const op: OpDef = ops.qavgPool2d;
    expect(() => op.infer(types, { ...op.defaults, ...pool, rounding: "rawHalfAway", ...attrs }, "")).not.toThrow();
  });
});
