/** QLinearConv, QLinearMatMul and QGemm: integer layers, requantized by ONNX Runtime's rule `float`. */
import { qconv2d } from "../../ops/qconv2d.ts";
import { qlinear } from "../../ops/qlinear.ts";
import { float, int } from "../attributes.ts";
import { asRows } from "../flattened.ts";
import { channelsLast, type Operand } from "../operand.ts";
import { operator } from "../operator.ts";
import { perTensor } from "../qparams.ts";
import { knownBias, knownWeights, layerInputs, outputQparams, requantizeTo } from "../weighted.ts";
import { asImage, windowAttributes, windowOf } from "../window.ts";
import type { Context } from "../context.ts";

const outputType = (c: Context, zeroPoint: number): Operand["type"] => c.optional(zeroPoint)?.type ?? "uint8";

export const qlinearConv = operator({
  type: "QLinearConv",
  inputs: [8, 9],
  attributes: { ...windowAttributes, group: int(1) },
  emit(c) {
    const [x, w] = [c.input(0), c.input(3)];
    for (const operand of [x, w]) c.expectType(operand, "int8", "uint8");
    c.expectRank(w, x.shape.length);
    const image = asImage(c, x);
    c.known(3);
    const { stride, dilation, padding } = windowOf(c, x, c.attributes, w.shape.slice(2).map(Number));
    const { group: groups } = c.attributes;
    const lying = c.contents(w, channelsLast(w.shape.length));
    const [oc, width, ic] = lying.shape as [number, number, number];
    const weights = knownWeights(c, 3, w.shape.length === 4 ? lying : { ...lying, shape: [oc, 1, width, ic] });
    const yQparams = outputQparams(c, 6);
    c.expectGroups(groups, x.shape[1]!, w.shape);
    const layer = {
      x: image.value,
      xQparams: perTensor(c, 1, x.type),
      weights,
      bias: knownBias(c, c.optional(8), 8, oc),
      yQparams,
      groups,
    };
    const attrs = { stride, dilation, padding, groups, ...requantizeTo(yQparams) };
    image.output(0, c.emit(qconv2d, layerInputs(c, layer), attrs).y!, { type: outputType(c, 7) });
  },
});

export const qlinearMatMul = operator({
  type: "QLinearMatMul",
  inputs: [8, 8],
  attributes: {},
  emit(c) {
    const [a, b] = [c.input(0), c.input(3)];
    for (const operand of [a, b]) c.expectType(operand, "int8", "uint8");
    c.known(3);
    if (b.shape.length !== 2) c.unsupported("a stack of matrices on the right", "one matrix");
    const { x, weight } = asRows(c, a, b, [1, 0]);
    const yQparams = outputQparams(c, 6);
    const weights = knownWeights(c, 3, weight);
    const layer = { x, xQparams: perTensor(c, 1, a.type), weights, bias: knownBias(c, undefined, 0, weight.shape[0]!), yQparams };
    c.output(0, c.emit(qlinear, layerInputs(c, layer), requantizeTo(yQparams)).y!, { type: outputType(c, 7) });
  },
});

export const qgemm = operator({
  type: "QGemm",
  domain: "com.microsoft",
  inputs: [6, 9],
  attributes: { alpha: float(1), transA: int(0), transB: int(0) },
  emit(c) {
    const [a, b] = [c.input(0), c.input(3)];
    for (const operand of [a, b]) c.expectType(operand, "int8", "uint8");
    c.expectRank(a, 2);
    c.expectRank(b, 2);
    c.known(3);
    if (c.attributes.alpha !== 1) c.unsupported("alpha other than 1");
    if (!c.optional(7)) c.unsupported("an output of float", "y_scale and y_zero_point");
    const axes = c.attributes.transB !== 0 ? [0, 1] : [1, 0];
    const { x, weight } = c.attributes.transA !== 0 ? { x: c.value(a, [1, 0]), weight: c.contents(b, axes) } : asRows(c, a, b, axes);
    const yQparams = outputQparams(c, 7);
    const weights = knownWeights(c, 3, weight);
    const bias = knownBias(c, c.optional(6), 6, weight.shape[0]!);
    const layer = { x, xQparams: perTensor(c, 1, a.type), weights, bias, yQparams };
    c.output(0, c.emit(qlinear, layerInputs(c, layer), requantizeTo(yQparams)).y!, { type: outputType(c, 8) });
  },
});
