/** ConvInteger, MatMulInteger and DynamicQuantizeLinear: scales and zero points of activations that each run chooses. */
import { checkAccumulators } from "../../numerics/index.ts";
import { chooseQparams } from "../../ops/chooseQparams.ts";
import { minMax } from "../../ops/minMax.ts";
import type { Value } from "../../ops/op.ts";
import { packWeight } from "../../ops/packWeight.ts";
import { qaccumulate2d, type QaccumulateAttrs } from "../../ops/qaccumulate2d.ts";
import { quantize } from "../../ops/quantize.ts";
import { reshape } from "../../ops/reshape.ts";
import { i32Tensor } from "../../ops/requantized.ts";
import { numel, scalar, tensor, type Tensor } from "../../tensor/index.ts";
import { int } from "../attributes.ts";
import type { Context } from "../context.ts";
import { asRows } from "../flattened.ts";
import { channelsLast, reshapeTo, type Operand } from "../operand.ts";
import { operator } from "../operator.ts";
import { asF32, rangeOf, zeroPointValue } from "../qparams.ts";
import { weightSums, weightZeroPoint } from "../weighted.ts";
import { asImage, windowAttributes, windowOf } from "../window.ts";

/** The sums over x [n, h, w, c] of the known weight w [oc, kh, kw, ic]; inputs 2 and 3 are the zero points. */
function sums(c: Context, x: Value, w: Tensor, attrs: Partial<QaccumulateAttrs>): Value {
  const { groups = 1 } = attrs;
  const oc = w.shape[0]!;
  const { zeroPoint, shift } = weightZeroPoint(c, 3, c.input(1), oc);
  const zero = c.optional(2);
  // What is not known yet may be at either end of the range.
  const { quantMin, quantMax } = rangeOf(c.input(0).type);
  const xZeroPoint = zero?.known ? zero.known.data[0]! : zero ? quantMin : 0;
  checkAccumulators(c.where, { weight: w, weightZeroPoint: zeroPoint.data, xZeroPoint, xRange: { quantMin, quantMax } });
  const isSymmetric = zeroPoint.data.every((z) => z === shift);
  const inputs = {
    x,
    weight: c.constant(packWeight.reference({ w }, { groups }).y!, "weight"),
    weightSum: c.constant(tensor("i32", [oc], weightSums({ tensor: w, shift })), "weightSum"),
    xZeroPoint: zeroPointValue(c, 2, c.input(0).type),
    ...(isSymmetric ? {} : { weightZeroPoint: c.constant(i32Tensor([...zeroPoint.data].map((z) => z - shift)), "weightZeroPoint") }),
  };
  return c.emit(qaccumulate2d, inputs, attrs).y!;
}

function expectBytes(c: Context, ...operands: readonly Operand[]): void {
  for (const operand of operands) c.expectType(operand, "int8", "uint8");
}

export const convInteger = operator({
  type: "ConvInteger",
  inputs: [2, 4],
  attributes: { ...windowAttributes, group: int(1) },
  emit(c) {
    const [x, w] = [c.input(0), c.input(1)];
    expectBytes(c, x, w);
    c.expectRank(w, x.shape.length);
    c.known(1);
    const image = asImage(c, x);
    const { stride, dilation, padding } = windowOf(c, x, c.attributes, w.shape.slice(2).map(Number));
    const { group: groups } = c.attributes;
    c.expectGroups(groups, x.shape[1]!, w.shape);
    const lying = c.contents(w, channelsLast(w.shape.length));
    const [oc, width, ic] = lying.shape as [number, number, number];
    const weight = w.shape.length === 4 ? lying : ({ ...lying, shape: [oc, 1, width, ic] } as Tensor);
    image.output(0, sums(c, image.value, weight, { stride, dilation, padding, groups }), { type: "int32" });
  },
});

export const matMulInteger = operator({
  type: "MatMulInteger",
  inputs: [2, 4],
  attributes: {},
  emit(c) {
    const [a, b] = [c.input(0), c.input(1)];
    expectBytes(c, a, b);
    c.known(1);
    if (b.shape.length !== 2) c.unsupported("a stack of matrices on the right", "one matrix");
    c.expectRank(a, 2, 6);
    const { x, weight } = asRows(c, a, b, [1, 0]);
    const [out, k] = weight.shape as [number, number];
    // Rows are the pixels of images of 1 x 1 windows.
    const [n, ...rest] = a.shape.slice(0, -1);
    const height = numel(rest);
    const images = c.emit(reshape, { x }, { shape: reshapeTo([n!, height, 1, k]) }, "pixels").y!;
    const y = sums(c, images, { ...weight, shape: [out, 1, 1, k] } as Tensor, {});
    c.output(0, y, { type: "int32", shape: [...a.shape.slice(0, -1), out] });
  },
});

export const dynamicQuantizeLinear = operator({
  type: "DynamicQuantizeLinear",
  inputs: [1, 1],
  outputs: 3,
  attributes: {},
  emit(c) {
    const x = c.input(0);
    c.expectType(x, "float");
    const made = x.made ?? { value: c.value(x), axes: x.shape.map((_, i) => i) };
    const nothing = { min: c.constant(scalar("f32", Infinity), "least"), max: c.constant(scalar("f32", -Infinity), "most") };
    const { minOut: min, maxOut: max } = c.emit(minMax, { x: made.value, ...nothing }, {}, "range");
    const range = rangeOf("uint8");
    const { scale, zeroPoint } = c.emit(chooseQparams, { min, max }, range, "qparams") as { scale: Value; zeroPoint: Value };
    const attrs = { dtype: "u8", ...range, rounding: "divide" } as const;
    c.output(0, c.emit(quantize, { x: made.value, scale, zeroPoint }, attrs).y!, { type: "uint8", axes: made.axes, shape: x.shape });
    c.output(1, scale, { type: "float", shape: [] });
    const [one, zero] = [c.constant(scalar("f32", 1), "one"), c.constant(scalar("i32", 0), "zero")];
    const byte = c.emit(quantize, { x: asF32(c, zeroPoint), scale: one, zeroPoint: zero }, attrs, "zeroPoint").y!;
    c.output(2, byte, { type: "uint8", shape: [], zeroPoint });
  },
});
