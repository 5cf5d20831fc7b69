/** Topic float_ops: forward and backward of the float ops, in PyTorch's layout, and optimizers over several steps. */
import type { Attrs } from "../../../src/ops/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import * as shared from "../attrs.ts";
import type { Adapter, Adapters } from "../evaluate.ts";
import { number, pair, readAttrs, readInputs, type Parsed, type Parsers } from "../golden-case.ts";
import { bothSides } from "../layout.ts";
import { batchNorm, foldConvBn } from "./float/batch-norm.ts";
import { crossEntropy } from "./float/cross-entropy.ts";
import { forwardBackward, imageLayout, one } from "./float/gradient.ts";
import { adam, sgd } from "./float/optimizers.ts";
import { maxPool, pool } from "./float/pools.ts";

/** Golden roles (x, w, b) by the op's input names; absent ones left out. */
const weighted = (x: Tensor, w: Tensor, b: Tensor | undefined): Map<string, { input: string; tensor: Tensor }> =>
  new Map([
    ["x", { input: "x", tensor: x }],
    ["w", { input: "weight", tensor: w }],
    ...(b ? [["b", { input: "bias", tensor: b }] as const] : []),
  ]);

const conv2d: Adapter = (c, backend) => {
  const { padding, ...a } = readAttrs(c, { stride: pair, padding: pair, dilation: pair, groups: number });
  const { x, w, b, dy } = readInputs(c, { x: "f32", w: "f32", "b?": "f32", dy: "f32" });
  return forwardBackward(backend, "conv2d", weighted(x, w, b), { ...a, padding: bothSides(padding) }, dy, imageLayout);
};

const linear: Adapter = (c, backend) => {
  readAttrs(c, {});
  const { x, w, b, dy } = readInputs(c, { x: "f32", w: "f32", "b?": "f32", dy: "f32" });
  return forwardBackward(backend, "linear", weighted(x, w, b), {}, dy);
};

/** An op of one input, in any layout; golden attributes by `attrs`. */
const elementwise =
  <S extends Parsers>(name: string, spec: S, attrs: (parsed: Parsed<S>) => Attrs = () => ({})): Adapter =>
  (c, backend) => {
    const a = readAttrs(c, spec);
    const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
    return forwardBackward(backend, name, one(x), attrs(a), dy);
  };

const binary =
  (name: string): Adapter =>
  (c, backend) => {
    readAttrs(c, {});
    const { a, b, dy } = readInputs(c, { a: "f32", b: "f32", dy: "f32" });
    // Shapes go in as they are: broadcasting knows no channels.
    return forwardBackward(
      backend,
      name,
      new Map([
        ["a", { input: "a", tensor: a }],
        ["b", { input: "b", tensor: b }],
      ]),
      {},
      dy,
    );
  };

const cat: Adapter = (c, backend) => {
  const { dim } = readAttrs(c, { dim: number });
  const { x, dy } = readInputs(c, { "x#0": "f32", dy: "f32" });
  const roles = new Map(x.map((tensor, i) => [`x${i}`, { input: `x${i}`, tensor }]));
  return forwardBackward(backend, "concat", roles, { axis: dim }, dy);
};

export const floatOps: Adapters = new Map<string, Adapter>([
  ["conv2d", conv2d],
  ["linear", linear],
  ["batch_norm", batchNorm],
  ["relu", elementwise("relu", {})],
  ["relu6", elementwise("relu6", {})],
  ["hardtanh", elementwise("clamp", {}, () => ({ min: -1, max: 1, boundGradient: 0 }))],
  ["clamp", elementwise("clamp", { min: number, max: number }, (a) => a)],
  ["leaky_relu", elementwise("leakyRelu", { negative_slope: number }, (a) => ({ negativeSlope: a.negative_slope }))],
  ["sigmoid", elementwise("sigmoid", {})],
  ["hardswish", elementwise("hardSwish", {})],
  ["hardsigmoid", elementwise("hardSigmoid", {})],
  ["max_pool2d", maxPool],
  ["avg_pool2d", pool("avgPool2d", shared.avgPool, shared.avgPoolAttrs)],
  ["adaptive_avg_pool2d", pool("adaptiveAvgPool2d", shared.adaptivePool, shared.adaptivePoolAttrs)],
  ["add", binary("add")],
  ["sub", binary("sub")],
  ["mul", binary("mul")],
  ["cat", cat],
  ["flatten", elementwise("flatten", { start_dim: number, end_dim: number }, (a) => ({ startDim: a.start_dim, endDim: a.end_dim }))],
  ["cross_entropy", crossEntropy],
  ["fold_conv_bn", foldConvBn],
  ["optimizer_SGD", sgd],
  ["optimizer_Adam", adam(false)],
  ["optimizer_AdamW", adam(true)],
]);
