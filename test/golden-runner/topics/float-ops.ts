/** Topic float_ops: forward and backward of the float ops, in PyTorch's layout, and optimizers over several steps. */
import type { Backend } from "../../../src/backend/backend.ts";
import { GraphBuilder } from "../../../src/graph/index.ts";
import type { Attrs, Value } from "../../../src/ops/index.ts";
import { zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, emitWithGradient, evaluate, f32s, i32s, reshaped, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import { boolean, number, oneOf, only, optional, pair, readAttrs, readInputs, Refused, type GoldenCase } from "../golden-case.ts";
import { channelsFirst, channelsLast } from "../layout.ts";

type Layout = (t: Tensor) => Tensor;
const same: Layout = (t) => t;

/** Runs an op whose inputs are `inputs` (golden role -> op input) and returns y and d<role> for each. */
async function forwardBackward(
  backend: Backend,
  name: string,
  roles: ReadonlyMap<string, { readonly input: string; readonly tensor: Tensor }>,
  attrs: Attrs,
  dy: Tensor,
  layoutOf: (t: Tensor) => { readonly to: Layout; readonly from: Layout } = () => ({ to: same, from: same }),
): Promise<Results> {
  const feeds: Record<string, Tensor> = { dy: layoutOf(dy).to(dy) };
  for (const { input, tensor } of roles.values()) feeds[input] = layoutOf(tensor).to(tensor);
  const inputs = Object.fromEntries([...roles.values()].map(({ input }) => [input, input]));
  const got = await evaluate(backend, feeds, (b) => {
    const { outputs, gradients } = emitWithGradient(b, name, inputs, attrs, { y: "dy" });
    const named: Record<string, Value> = { y: outputs.y! };
    for (const [role, { input }] of roles) named[`d${role}`] = gradients[input]!;
    return named;
  });
  const outputs: Record<string, Tensor> = { y: layoutOf(dy).from(got.y!) };
  for (const [role, { tensor }] of roles) outputs[`d${role}`] = layoutOf(tensor).from(got[`d${role}`]!);
  return { outputs };
}

/** Images and convolution weights have rank 4; what has another rank (a bias) is the same in both layouts. */
const imageLayout = (t: Tensor): { to: Layout; from: Layout } =>
  t.shape.length === 4 ? { to: channelsLast, from: channelsFirst } : { to: same, from: same };

/** Golden roles (x, w, b) by the op's input names; absent ones left out. */
const weighted = (x: Tensor, w: Tensor, b: Tensor | undefined): Map<string, { input: string; tensor: Tensor }> =>
  new Map([
    ["x", { input: "x", tensor: x }],
    ["w", { input: "weight", tensor: w }],
    ...(b ? [["b", { input: "bias", tensor: b }] as const] : []),
  ]);

const conv2d: Adapter = (c, backend) => {
  const a = readAttrs(c, { stride: pair, padding: pair, dilation: only([1, 1]), groups: only(1) });
  const { x, w, b, dy } = readInputs(c, { x: "f32", w: "f32", "b?": "f32", dy: "f32" });
  const [ph, pw] = a.padding;
  return forwardBackward(backend, "conv2d", weighted(x, w, b), { stride: a.stride, padding: [ph, ph, pw, pw] }, dy, imageLayout);
};

const linear: Adapter = (c, backend) => {
  readAttrs(c, {});
  const { x, w, b, dy } = readInputs(c, { x: "f32", w: "f32", "b?": "f32", dy: "f32" });
  return forwardBackward(backend, "linear", weighted(x, w, b), {}, dy);
};

const one = (x: Tensor): Map<string, { input: string; tensor: Tensor }> => new Map([["x", { input: "x", tensor: x }]]);

const relu: Adapter = (c, backend) => {
  readAttrs(c, {});
  const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
  return forwardBackward(backend, "relu", one(x), {}, dy);
};

const maxPool2d: Adapter = async (c, backend) => {
  const a = readAttrs(c, { kernel: pair, stride: pair, padding: pair, dilation: only([1, 1]), ceil_mode: only(false) });
  const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
  const [ph, pw] = a.padding;
  const results = await forwardBackward(
    backend,
    "maxPool2d",
    one(x),
    { kernel: a.kernel, stride: a.stride, padding: [ph, ph, pw, pw] },
    dy,
    imageLayout,
  );
  return { ...results, refused: { indices: "the op does not return indices" } };
};

const add: Adapter = (c, backend) => {
  readAttrs(c, {});
  const { a, b, dy } = readInputs(c, { a: "f32", b: "f32", dy: "f32" });
  // Shapes go in as they are: broadcasting knows no channels.
  return forwardBackward(
    backend,
    "add",
    new Map([
      ["a", { input: "a", tensor: a }],
      ["b", { input: "b", tensor: b }],
    ]),
    {},
    dy,
  );
};

const flatten: Adapter = (c, backend) => {
  const a = readAttrs(c, { start_dim: number, end_dim: number });
  const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
  if (a.end_dim !== -1 && a.end_dim !== x.shape.length - 1) throw new Refused(`end_dim ${a.end_dim} before the last axis is not offered`);
  return forwardBackward(backend, "flatten", one(x), { startDim: a.start_dim }, dy);
};

const crossEntropy: Adapter = async (c, backend) => {
  const a = readAttrs(c, { reduction: oneOf("mean", "sum"), label_smoothing: number, ignore_index: number });
  // I64 class indices arrive narrowed to i32; class probabilities (f32) are refused by their element type.
  const { x, target, dy } = readInputs(c, { x: "f32", target: "i32", dy: "f32" });
  if (x.shape.length !== 2) throw new Refused(`cross entropy of rank ${x.shape.length} is not offered`);
  const attrs = { reduction: a.reduction, labelSmoothing: a.label_smoothing, ignoreIndex: a.ignore_index };
  const outputs = await evaluate(backend, { logits: x, labels: target, dloss: reshaped(dy, [1]) }, (b) => {
    const { outputs, gradients } = emitWithGradient(b, "softmaxCrossEntropy", { logits: "logits", labels: "labels" }, attrs, {
      loss: "dloss",
    });
    return { loss: outputs.loss!, dx: gradients.logits! };
  });
  const why = "the op does not return it";
  return { outputs, refused: { softmax: why, log_softmax: why } };
};

interface Optimizer {
  readonly op: string;
  readonly attrs: Attrs;
  readonly lr: number;
  /** Golden role -> the op's input; the op's output has the same name with `Out`. */
  readonly moments: ReadonlyMap<string, string>;
}

/** Runs one step for each gradient; parameter, moments and step number are state, the learning rate is fed. */
async function optimize(c: GoldenCase, backend: Backend, o: Optimizer): Promise<Results> {
  const { p0, g } = readInputs(c, { p0: "f32", "g#1": "f32" });
  const b = new GraphBuilder();
  b.input("gradient", { dtype: "f32", shape: p0.shape });
  b.input("lr", { dtype: "f32", shape: [1] });
  b.state("parameter", "parameter", p0);
  b.state("step", "optimizer", i32s(0));
  const step = emit(b, "increment", { x: "step" }).y!;
  b.update("step", step);
  const moments = Object.fromEntries([...o.moments.values()].map((m) => [m, b.state(m, "optimizer", zeros("f32", p0.shape))]));
  const out = emit(b, o.op, { parameter: "parameter", gradient: "gradient", lr: "lr", step, ...moments }, o.attrs);
  for (const state of ["parameter", ...Object.keys(moments)]) b.update(state, out[`${state}Out`]!);
  using run = await backend.compile(b.build());
  const outputs: Record<string, Tensor> = {};
  for (const [i, gradient] of g.entries()) {
    await run.step({ gradient, lr: f32s(o.lr) });
    const states = await run.readStates();
    outputs[`p${i + 1}`] = states.get("parameter")!;
    for (const [role, moment] of o.moments) outputs[`${role}${i + 1}`] = states.get(moment)!;
  }
  return { outputs };
}

const sgd: Adapter = (c, backend) => {
  const zero = optional(number, 0);
  const a = readAttrs(c, { lr: number, momentum: zero, nesterov: optional(boolean, false), weight_decay: zero, dampening: zero });
  const attrs = { momentum: a.momentum, dampening: a.dampening, nesterov: a.nesterov, weightDecay: a.weight_decay };
  return optimize(c, backend, {
    op: "sgd",
    attrs,
    lr: a.lr,
    moments: new Map(a.momentum === 0 ? [] : [["momentum_buffer", "momentumBuffer"]]),
  });
};

/** Adam, or AdamW with its decoupled weight decay and other default. */
const adam =
  (decoupledWeightDecay: boolean): Adapter =>
  (c, backend) => {
    const a = readAttrs(c, {
      lr: number,
      betas: optional(pair, [0.9, 0.999]),
      eps: optional(number, 1e-8),
      weight_decay: optional(number, decoupledWeightDecay ? 0.01 : 0),
      amsgrad: optional(only(false), undefined),
    });
    const attrs = { beta1: a.betas[0], beta2: a.betas[1], eps: a.eps, weightDecay: a.weight_decay, decoupledWeightDecay };
    return optimize(c, backend, {
      op: "adam",
      attrs,
      lr: a.lr,
      moments: new Map([
        ["exp_avg", "expAvg"],
        ["exp_avg_sq", "expAvgSq"],
      ]),
    });
  };

export const floatOps: Adapters = new Map<string, Adapter>([
  ["conv2d", conv2d],
  ["linear", linear],
  ["relu", relu],
  ["max_pool2d", maxPool2d],
  ["add", add],
  ["flatten", flatten],
  ["cross_entropy", crossEntropy],
  ["optimizer_SGD", sgd],
  ["optimizer_Adam", adam(false)],
  ["optimizer_AdamW", adam(true)],
]);
