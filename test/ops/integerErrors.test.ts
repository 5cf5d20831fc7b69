/** What the integer ops refuse, and what they say: class, code, where, expected, got. */
import { describe, expect, it } from "vitest";
import { DTypeError, QuantizationError, ShapeError, type Dot4Error } from "../../src/errors.ts";
import { ops, type Attrs, type OpDef, type Types } from "../../src/ops/index.ts";
import { f32, i32, i8, u8, type TensorType } from "../../src/tensor/index.ts";

const channels = (oc: number): Types => ({
  weightSum: i32([oc]),
  bias: i32([oc]),
  multiplier: i32([oc]),
  exponent: i32([oc]),
  xZeroPoint: i32([1]),
  yZeroPoint: i32([1]),
});

// 7 -> 5 channels, 3 x 3; packed to 2 words each way.
const image = i8(["n", 11, 13, 7]);
const conv: Types = { x: image, weight: i8([2, 3, 3, 2, 4, 4]), ...channels(5) };
const depthwise: Types = { weight: i8([2, 3, 3, 1, 4, 4]), ...channels(7) };
const linear: Types = { x: i8([3, 7]), weight: i8([2, 2, 4, 4]), ...channels(5) };
const add: Types = {
  a: image,
  b: image,
  aZeroPoint: i32([1]),
  bZeroPoint: i32([1]),
  yZeroPoint: i32([1]),
  multiplier: i32([3]),
  exponent: i32([3]),
};
const pool = { kernel: [2, 2], stride: [2, 2] };
const scalars: TensorType = i32([2]);

const refused: readonly (readonly [what: string, op: OpDef, types: Types, attrs: Attrs, error: typeof Dot4Error, code: string])[] = [
  ["floats", ops.qconv2d, { ...conv, x: f32([1, 11, 13, 7]) }, {}, DTypeError, "dtype-mismatch"],
  ["an image without batch", ops.qconv2d, { ...conv, x: i8([11, 13, 7]) }, {}, ShapeError, "rank-mismatch"],
  ["a symbolic height", ops.qconv2d, { ...conv, x: i8([1, "h", 13, 7]) }, {}, ShapeError, "symbolic-size"],
  ["a weight that is not packed", ops.qconv2d, { ...conv, weight: i8([5, 3, 3, 7]) }, {}, ShapeError, "rank-mismatch"],
  ["a weight packed for 4 channels of x", ops.qconv2d, { ...conv, weight: i8([2, 3, 3, 1, 4, 4]) }, {}, ShapeError, "shape-mismatch"],
  ["a weight packed for 4 channels of y", ops.qconv2d, { ...conv, weight: i8([1, 3, 3, 2, 4, 4]) }, {}, ShapeError, "shape-mismatch"],
  ["a float weight", ops.qconv2d, { ...conv, weight: f32([2, 3, 3, 2, 4, 4]) }, {}, DTypeError, "dtype-mismatch"],
  ["weight sums padded as the weight is", ops.qconv2d, { ...conv, weightSum: i32([8]) }, {}, ShapeError, "shape-mismatch"],
  ["one bias for all channels", ops.qconv2d, { ...conv, bias: i32([1]) }, {}, ShapeError, "shape-mismatch"],
  ["a float bias", ops.qconv2d, { ...conv, bias: f32([5]) }, {}, DTypeError, "dtype-mismatch"],
  ["one multiplier for all channels", ops.qconv2d, { ...conv, multiplier: i32([1]) }, {}, ShapeError, "shape-mismatch"],
  ["a float multiplier", ops.qconv2d, { ...conv, multiplier: f32([5]) }, {}, DTypeError, "dtype-mismatch"],
  ["exponents of another length", ops.qconv2d, { ...conv, exponent: i32([4]) }, {}, ShapeError, "shape-mismatch"],
  ["two zero points of x", ops.qconv2d, { ...conv, xZeroPoint: scalars }, {}, ShapeError, "shape-mismatch"],
  ["a zero point of y in 8 bits", ops.qconv2d, { ...conv, yZeroPoint: i8([1]) }, {}, DTypeError, "dtype-mismatch"],
  ["stride 0", ops.qconv2d, conv, { stride: [0, 1] }, ShapeError, "bad-attribute"],
  ["a stride that is no whole number", ops.qconv2d, conv, { stride: [1, 1.5] }, ShapeError, "bad-attribute"],
  ["one stride", ops.qconv2d, conv, { stride: [1] }, ShapeError, "bad-attribute"],
  ["dilation 0", ops.qconv2d, conv, { dilation: [1, 0] }, ShapeError, "bad-attribute"],
  ["a dilation that is no whole number", ops.qconv2d, conv, { dilation: [0.5, 1] }, ShapeError, "bad-attribute"],
  ["three dilations", ops.qconv2d, conv, { dilation: [1, 1, 1] }, ShapeError, "bad-attribute"],
  ["a kernel whose taps reach beyond the image", ops.qconv2d, conv, { dilation: [6, 1] }, ShapeError, "kernel-too-large"],
  ["no groups", ops.qconv2d, conv, { groups: 0 }, ShapeError, "bad-attribute"],
  ["fewer than no groups", ops.qconv2d, conv, { groups: -1 }, ShapeError, "bad-attribute"],
  ["half a group", ops.qconv2d, conv, { groups: 0.5 }, ShapeError, "bad-attribute"],
  ["groups that do not divide the channels of x", ops.qconv2d, conv, { groups: 5 }, ShapeError, "bad-attribute"],
  ["groups that do not divide the channels of y", ops.qconv2d, conv, { groups: 7 }, ShapeError, "bad-attribute"],
  ["padding of two numbers", ops.qconv2d, conv, { padding: [1, 1] }, ShapeError, "bad-attribute"],
  ["padding beyond what can be counted", ops.qconv2d, conv, { padding: [2 ** 31, 0, 0, 0] }, ShapeError, "bad-attribute"],
  ["padding that is no whole number", ops.qconv2d, conv, { padding: [0.5, 0, 0, 0] }, ShapeError, "bad-attribute"],
  ["a depthwise weight packed without groups", ops.qconv2d, { ...conv, ...depthwise }, { groups: 7 }, ShapeError, "rank-mismatch"],
  ["one zero point for all weights", ops.qconv2d, { ...conv, weightZeroPoint: i32([1]) }, {}, ShapeError, "shape-mismatch"],
  ["zero points of weights in 8 bits", ops.qconv2d, { ...conv, weightZeroPoint: i8([5]) }, {}, DTypeError, "dtype-mismatch"],
  ["negative padding", ops.qconv2d, conv, { padding: [0, 0, -1, 0] }, ShapeError, "bad-attribute"],
  ["a kernel larger than the image", ops.qconv2d, { ...conv, x: i8([1, 2, 13, 7]) }, {}, ShapeError, "kernel-too-large"],
  ["an activation that is none", ops.qconv2d, conv, { activation: "gelu" }, ShapeError, "bad-attribute"],
  ["the range of u8", ops.qconv2d, conv, { quantMin: 0, quantMax: 255 }, QuantizationError, "bad-quant-range"],
  ["a range beyond 8 bits", ops.qconv2d, conv, { quantMax: 128 }, QuantizationError, "bad-quant-range"],
  ["a range of no value", ops.qconv2d, conv, { quantMin: 3, quantMax: 2 }, QuantizationError, "bad-quant-range"],
  ["a range of one value beyond 8 bits", ops.qconv2d, conv, { quantMin: 128, quantMax: 128 }, QuantizationError, "bad-quant-range"],
  ["bounds that are no whole numbers", ops.qadd, add, { quantMin: -0.5 }, QuantizationError, "bad-quant-range"],
  ["a bound that is no number", ops.qadd, add, { quantMax: NaN }, QuantizationError, "bad-quant-range"],
  ["a range of i8 for u8", ops.qconv2d, conv, { dtype: "u8" }, QuantizationError, "bad-quant-range"],
  ["16 bits", ops.qconv2d, conv, { dtype: "i16" }, QuantizationError, "bad-dtype"],
  ["a relu6 without its bound", ops.qconv2d, conv, { activation: "relu6" }, QuantizationError, "bad-activation"],
  ["an i32 bias for floatBias", ops.qconv2d, conv, { rounding: "floatBias" }, DTypeError, "dtype-mismatch"],
  ["no axes", ops.qlinear, { ...linear, x: i8([]) }, {}, ShapeError, "rank-mismatch"],
  ["a weight that is not packed", ops.qlinear, { ...linear, weight: i8([5, 7]) }, {}, ShapeError, "rank-mismatch"],
  ["features that the weight was not packed for", ops.qlinear, { ...linear, x: i8([3, 9]) }, {}, ShapeError, "shape-mismatch"],
  ["weight sums in 8 bits", ops.qlinear, { ...linear, weightSum: i8([5]) }, {}, DTypeError, "dtype-mismatch"],
  ["an unknown rounding", ops.qlinear, linear, { rounding: "nearest" }, QuantizationError, "bad-rounding"],
  ["shapes that do not broadcast", ops.qadd, { ...add, b: i8([6]) }, {}, ShapeError, "broadcast-mismatch"],
  ["a float", ops.qadd, { ...add, b: f32(image.shape) }, {}, DTypeError, "dtype-mismatch"],
  ["two multipliers", ops.qadd, { ...add, multiplier: scalars }, {}, ShapeError, "shape-mismatch"],
  ["a zero point without axes", ops.qadd, { ...add, bZeroPoint: i32([]) }, {}, ShapeError, "shape-mismatch"],
  ["the range of u8", ops.qadd, add, { quantMin: 0, quantMax: 255 }, QuantizationError, "bad-quant-range"],
  ["floats", ops.qrelu, { x: f32([3]), zeroPoint: i32([1]) }, {}, DTypeError, "dtype-mismatch"],
  ["two zero points", ops.qrelu, { x: image, zeroPoint: scalars }, {}, ShapeError, "shape-mismatch"],
  ["floats", ops.qmaxPool2d, { x: f32([1, 11, 13, 7]) }, pool, DTypeError, "dtype-mismatch"],
  ["an image without batch", ops.qmaxPool2d, { x: i8([11, 13, 7]) }, pool, ShapeError, "rank-mismatch"],
  ["a window in the padding alone", ops.qmaxPool2d, { x: image }, { ...pool, padding: [0, 0, 0, 2] }, ShapeError, "bad-attribute"],
  ["a fractional stride", ops.qmaxPool2d, { x: u8(image.shape) }, { ...pool, stride: [2, 0.5] }, ShapeError, "bad-attribute"],
  ["a kernel larger than the image", ops.qmaxPool2d, { x: image }, { ...pool, kernel: [2, 14] }, ShapeError, "kernel-too-large"],
  ["floats", ops.packWeight, { w: f32([5, 7]) }, {}, DTypeError, "dtype-mismatch"],
  ["groups that do not divide the channels", ops.packWeight, { w: i8([5, 7]) }, { groups: 2 }, ShapeError, "bad-attribute"],
  ["no groups", ops.packWeight, { w: i8([5, 7]) }, { groups: 0 }, ShapeError, "bad-attribute"],
  ["one axis", ops.packWeight, { w: i8([5]) }, {}, ShapeError, "rank-mismatch"],
  ["a symbolic number of channels", ops.packWeight, { w: i8(["n", 7]) }, {}, ShapeError, "symbolic-size"],
];

const infer = (op: OpDef, types: Types, attrs: Attrs): unknown => op.infer(types, { ...op.defaults, ...attrs }, `${op.name} "layer"`);

describe("integer ops refuse", () => {
  for (const [what, op, types, attrs, error, code] of refused)
    it(`${op.name}: ${what}`, () => {
      const thrown = ((): unknown => {
        try {
          return infer(op, types, attrs);
        } catch (e) {
          return e;
        }
      })();
      expect(thrown).toBeInstanceOf(error);
      expect(thrown).toMatchObject({ code, where: `${op.name} "layer"` });
    });

  it("says what it got and what it expected", () => {
    expect(() => infer(ops.qlinear, { ...linear, weight: i8([2, 3, 4, 4]) }, {})).toThrow(
      'qlinear "layer": weight must be packed by packWeight for 5 output and 7 input channels (expected [2, 2, 4, 4], got i8 [2, 3, 4, 4])',
    );
  });
});

describe("integer ops infer", () => {
  it("a range of one value, as a relu6 has at a coarse scale", () => {
    expect(infer(ops.qconv2d, conv, { quantMin: 127 })).toEqual({ y: i8(["n", 9, 11, 5]) });
    expect(infer(ops.qadd, add, { dtype: "u8", quantMin: 0, quantMax: 0 })).toEqual({ y: u8(image.shape) });
  });

  it("a symbolic batch", () => {
    expect(infer(ops.qconv2d, conv, { stride: [2, 2], padding: [1, 1, 1, 1] })).toEqual({ y: i8(["n", 6, 7, 5]) });
    expect(infer(ops.qlinear, { ...linear, x: i8(["n", 3, 7]) }, {})).toEqual({ y: i8(["n", 3, 5]) });
    expect(infer(ops.qadd, add, {})).toEqual({ y: image });
    expect(infer(ops.qrelu, { x: u8(["n", 7]), zeroPoint: i32([1]) }, {})).toEqual({ y: u8(["n", 7]) });
    expect(infer(ops.qmaxPool2d, { x: u8(image.shape) }, pool)).toEqual({ y: u8(["n", 5, 6, 7]) });
    expect(infer(ops.packWeight, { w: i8([5, 3, 3, 7]) }, {})).toEqual({ y: i8([2, 3, 3, 2, 4, 4]) });
  });
});
