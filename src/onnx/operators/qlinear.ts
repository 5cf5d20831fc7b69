/** QLinearConv, QLinearMatMul and QGemm: integer layers, requantized by ONNX Runtime's rule `float`. */
import { qconv2d } from "../../ops/qconv2d.ts";
import type { Value } from "../../ops/op.ts";
import { qlinear } from "../../ops/qlinear.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";
import { numel, sameShape, tensor } from "../../tensor/index.ts";
import { float, int } from "../attributes.ts";
import { asRows } from "../flattened.ts";
import { channelsLast, inOrder, type Operand } from "../operand.ts";
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
    if (b.shape.length !== 2) return stacked(c, a, b);
    const { x, weight } = asRows(c, a, b, [1, 0]);
    const yQparams = outputQparams(c, 6);
    const weights = knownWeights(c, 3, weight);
    const layer = { x, xQparams: perTensor(c, 1, a.type), weights, bias: knownBias(c, undefined, 0, weight.shape[0]!), yQparams };
    c.output(0, c.emit(qlinear, layerInputs(c, layer), requantizeTo(yQparams)).y!, { type: outputType(c, 7) });
  },
});

/** A stack of matrices times another: a convolution of 1 x 1 windows, whose groups are the matrices on the right. */
function stacked(c: Context, a: Operand, b: Operand): void {
  const rank = b.shape.length;
  const lead = b.shape.slice(0, -2) as readonly number[];
  if (rank < 2 || !sameShape(a.shape.slice(0, -2), lead)) c.unsupported("a stack of matrices times another one", "equal leading sizes");
  const [m, k] = a.shape.slice(-2) as [number, number];
  const [rows, n] = b.shape.slice(-2) as [number, number];
  if (rows !== k) c.fail("shape-mismatch", "the inputs do not fit together", `${rows} columns`, `${k}`);
  const groups = numel(lead);
  const shaped = (x: Value, shape: readonly number[], name: string): Value => c.emit(reshape, { x }, { shape }, name).y!;
  const swapped = (x: Value, name: string): Value => c.emit(transpose, { x }, { permutation: [1, 0, 2] }, name).y!;
  const x = shaped(swapped(shaped(c.value(a), [groups, m, k], "stack"), "rows"), [1, m, 1, groups * k], "pixels");
  const { dtype, data } = c.contents(b, [...inOrder(rank - 2), rank - 1, rank - 2]);
  const yQparams = outputQparams(c, 6);
  const weights = knownWeights(c, 3, tensor(dtype, [groups * n, 1, 1, k], data));
  const layer = { x, xQparams: perTensor(c, 1, a.type), weights, bias: knownBias(c, undefined, 0, groups * n), yQparams, groups };
  const attrs = { stride: [1, 1], groups, ...requantizeTo(yQparams) };
  const y = shaped(c.emit(qconv2d, layerInputs(c, layer), attrs, "products").y!, [m, groups, n], "columns");
  c.output(0, swapped(y, "matrices"), { type: outputType(c, 7), shape: [...lead, m, n] });
}

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
