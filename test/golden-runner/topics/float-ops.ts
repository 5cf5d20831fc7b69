/** Topic float_ops: forward and backward of the float ops, in PyTorch's layout, and optimizers over several steps. */
import type { Backend } from "../../../src/backend/backend.ts";
import { GraphBuilder, type StateRole } from "../../../src/graph/index.ts";
import type { Attrs, Value, Values } from "../../../src/ops/index.ts";
import { foldBatchNorm } from "../../../src/passes/index.ts";
import { numel, tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, emitWithGradient, evaluate, f32s, i32s, reshaped, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import {
  boolean,
  information,
  nullable,
  number,
  oneOf,
  optional,
  pair,
  readAttrs,
  readInputs,
  Refused,
  type GoldenCase,
  type Parsed,
  type Parsers,
} from "../golden-case.ts";
import { bothSides, channelsFirst, channelsLast } from "../layout.ts";

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
  const { padding, ...a } = readAttrs(c, { stride: pair, padding: pair, dilation: pair, groups: number });
  const { x, w, b, dy } = readInputs(c, { x: "f32", w: "f32", "b?": "f32", dy: "f32" });
  return forwardBackward(backend, "conv2d", weighted(x, w, b), { ...a, padding: bothSides(padding) }, dy, imageLayout);
};

const linear: Adapter = (c, backend) => {
  readAttrs(c, {});
  const { x, w, b, dy } = readInputs(c, { x: "f32", w: "f32", "b?": "f32", dy: "f32" });
  return forwardBackward(backend, "linear", weighted(x, w, b), {}, dy);
};

const one = (x: Tensor): Map<string, { input: string; tensor: Tensor }> => new Map([["x", { input: "x", tensor: x }]]);

/** An op of one input, in any layout; golden attributes by `attrs`. */
const elementwise =
  <S extends Parsers>(name: string, spec: S, attrs: (parsed: Parsed<S>) => Attrs = () => ({})): Adapter =>
  (c, backend) => {
    const a = readAttrs(c, spec);
    const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
    return forwardBackward(backend, name, one(x), attrs(a), dy);
  };

/** A pool over images. */
const pool =
  <S extends Parsers>(name: string, spec: S, attrs: (parsed: Parsed<S>) => Attrs): Adapter =>
  async (c, backend) => {
    const a = readAttrs(c, spec);
    const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
    return forwardBackward(backend, name, one(x), attrs(a), dy, imageLayout);
  };

const windows = { kernel: pair, stride: pair, padding: pair, ceil_mode: boolean } as const;

/** Pools of maxima return no indices; where a window's maximum is, their gradient tells. */
const maxPool: Adapter = async (c, backend) => {
  const { ceil_mode: ceilMode, padding, ...a } = readAttrs(c, { ...windows, dilation: pair });
  const { x, dy } = readInputs(c, { x: "f32", dy: "f32" });
  const attrs = { ...a, padding: bothSides(padding), ceilMode };
  const results = await forwardBackward(backend, "maxPool2d", one(x), attrs, dy, imageLayout);
  return { outputs: { ...results.outputs, indices: await maximaIndices(backend, x, dy.shape, attrs) } };
};

/**
 * In the input plane of an NCHW image x, the index of the maximum of every window. Each window has a gradient of its own, 1
 * and up in its plane; those that overlap go back in passes of their own, so that no two meet in an element.
 */
async function maximaIndices(
  backend: Backend,
  x: Tensor,
  shape: readonly number[],
  attrs: Attrs & { readonly [K in "kernel" | "stride" | "dilation"]: readonly [number, number] },
): Promise<Tensor<"i32">> {
  const [apartY, apartX] = ([0, 1] as const).map((i) => Math.ceil(((attrs.kernel[i] - 1) * attrs.dilation[i] + 1) / attrs.stride[i])) as [
    number,
    number,
  ];
  const [inner, outer] = [x, { shape }].map((t) => numel(t.shape.slice(2))) as [number, number];
  const width = shape[3]!;
  const passOf = (i: number): number => (Math.floor(i / width) % apartY) * apartX + ((i % width) % apartX);
  const passes = Array.from({ length: apartY * apartX }, (_, pass): [string, Tensor] => {
    const marks = Float32Array.from({ length: numel(shape) }, (_, i) => (passOf(i % outer) === pass ? 1 + (i % outer) : 0));
    return [`dy${pass}`, channelsLast(tensor("f32", shape, marks))];
  });
  const all = await evaluate(backend, { x: channelsLast(x), ...Object.fromEntries(passes) }, (b) =>
    Object.fromEntries(passes.map(([dy]) => [dy, emit(b, "maxPool2dBackward", { dy, x: "x" }, attrs).dx!])),
  );
  const indices = new Int32Array(numel(shape)).fill(-1);
  for (const dx of Object.values(all))
    channelsFirst(dx).data.forEach((mark: number, at: number) => {
      if (mark > 0) indices[Math.floor(at / inner) * outer + mark - 1] = at % inner;
    });
  return tensor("i32", shape, indices);
}

const batchNorm: Adapter = async (c, backend) => {
  const a = readAttrs(c, { training: boolean, momentum: nullable(number), eps: number, affine: information, steps: information });
  const {
    x,
    dy,
    running_mean_init: mean,
    running_var_init: variance,
    gamma,
    beta,
  } = readInputs(c, {
    "x#0": "f32",
    dy: "f32",
    running_mean_init: "f32",
    running_var_init: "f32",
    "gamma?": "f32",
    "beta?": "f32",
  });
  const b = new GraphBuilder();
  for (const name of ["x", "dy"]) b.input(name, channelsLast(name === "x" ? x[0]! : dy));
  b.state("runningMean", "buffer", mean);
  b.state("runningVar", "buffer", variance);
  b.state("step", "optimizer", i32s(0));
  const step = emit(b, "increment", { x: "step" }).y!;
  b.update("step", step);
  const inputs: Record<string, Value> = { x: "x", runningMean: "runningMean", runningVar: "runningVar", step };
  if (gamma) inputs["weight"] = b.constant(gamma, "weight");
  if (beta) inputs["bias"] = b.constant(beta, "bias");
  const attrs = { eps: a.eps, momentum: a.momentum, training: a.training };
  const { outputs: made, gradients } = emitWithGradient(b, "batchNorm2d", inputs, attrs, { y: "dy" });
  for (const state of ["runningMean", "runningVar"]) b.update(state, made[`${state}Out`]!);
  b.output("y", made.y!);
  b.output("dx", gradients.x!);
  if (gamma) b.output("dgamma", gradients.weight!);
  if (beta) b.output("dbeta", gradients.bias!);
  using run = await backend.compile(b.build());
  const outputs: Record<string, Tensor> = {};
  for (const [i, image] of x.entries()) {
    const got = await run({ x: channelsLast(image), dy: channelsLast(dy) });
    for (const [role, t] of Object.entries(got)) outputs[`${role}${i}`] = imageLayout(t).from(t);
    const states = await run.readStates(["runningMean", "runningVar"]);
    outputs[`running_mean${i}`] = states.get("runningMean")!;
    outputs[`running_var${i}`] = states.get("runningVar")!;
  }
  return { outputs };
};

/** The layer that the pass foldBatchNorm leaves of a convolution and a batch norm, and what it computes. */
const foldConvBn: Adapter = async (c, backend) => {
  const { eps } = readAttrs(c, { eps: number });
  const t = readInputs(c, { x: "f32", w: "f32", "b?": "f32", gamma: "f32", beta: "f32", mean: "f32", var: "f32" });
  const b = new GraphBuilder();
  b.input("x", channelsLast(t.x));
  const state = (name: string, role: StateRole, tensor: Tensor): Value => b.state(name, role, tensor);
  const layer = { x: "x", weight: state("w", "parameter", channelsLast(t.w)), bias: t.b && state("b", "parameter", t.b) };
  const statistics = { runningMean: state("mean", "buffer", t.mean), runningVar: state("var", "buffer", t.var) };
  const affine = { weight: state("gamma", "parameter", t.gamma), bias: state("beta", "parameter", t.beta) };
  const x = emit(b, "conv2d", layer).y!;
  b.output("y", emit(b, "batchNorm2d", { x, ...statistics, ...affine }, { eps, training: false }).y!);
  const folded = foldBatchNorm(b.build());
  const conv = folded.nodes.find((n) => n.op.name === "conv2d");
  if (!conv || folded.nodes.length !== 1) throw new Refused(`the batch norm was not folded:\n${String(folded)}`);
  const contents = (name: string): Tensor => folded.constants.get(conv.inputs[name]!) ?? folded.states.get(conv.inputs[name]!)!.tensor;
  using run = await backend.compile(folded);
  const { y } = await run({ x: channelsLast(t.x) });
  return { outputs: { w_folded: channelsFirst(contents("weight")), b_folded: contents("bias"), y: channelsFirst(y!) } };
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

const crossEntropy: Adapter = async (c, backend) => {
  const a = readAttrs(c, { reduction: oneOf("mean", "sum", "none"), label_smoothing: number, ignore_index: number });
  // I64 class indices arrive narrowed to i32; class probabilities (f32) are refused by their element type.
  const { x, target, dy } = readInputs(c, { x: "f32", target: "i32", dy: "f32" });
  if (x.shape.length !== 2) throw new Refused(`cross entropy of rank ${x.shape.length} is not offered`);
  const attrs = { reduction: a.reduction, labelSmoothing: a.label_smoothing, ignoreIndex: a.ignore_index };
  const dloss = a.reduction === "none" ? dy : reshaped(dy, [1]);
  const [rows, classes] = x.shape as [number, number];
  const got = await evaluate(backend, { logits: x, labels: target, dloss }, (b) => {
    const { outputs, gradients } = emitWithGradient(b, "softmaxCrossEntropy", { logits: "logits", labels: "labels" }, attrs, {
      loss: "dloss",
    });
    // The loss of a row for a label is -log_softmax of that class.
    const lossOf = (label: number): Value => {
      const labels = b.constant(tensor("i32", [rows], new Int32Array(rows).fill(label)));
      return emit(b, "softmaxCrossEntropy", { logits: "logits", labels }, { reduction: "none" }).loss!;
    };
    const columns = Array.from({ length: classes }, (_, j) => [`column${j}`, lossOf(j)]);
    return {
      loss: outputs.loss!,
      dx: gradients.logits!,
      softmax: emit(b, "softmax", { x: "logits" }).y!,
      ...Object.fromEntries(columns),
    } as Values;
  });
  const logSoftmax = Float32Array.from({ length: rows * classes }, (_, i) => -got[`column${i % classes}`]!.data[Math.floor(i / classes)]!);
  const { loss, dx, softmax } = got;
  return { outputs: { loss: loss!, dx: dx!, softmax: softmax!, log_softmax: tensor("f32", x.shape, logSoftmax) } };
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
      amsgrad: optional(boolean, false),
    });
    const attrs = { beta1: a.betas[0], beta2: a.betas[1], eps: a.eps, weightDecay: a.weight_decay, decoupledWeightDecay };
    return optimize(c, backend, {
      op: "adam",
      attrs,
      lr: a.lr,
      moments: new Map([
        ["exp_avg", "expAvg"],
        ["exp_avg_sq", "expAvgSq"],
        ...(a.amsgrad ? [["max_exp_avg_sq", "maxExpAvgSq"] as const] : []),
      ]),
    });
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
  [
    "avg_pool2d",
    pool("avgPool2d", { ...windows, count_include_pad: boolean, divisor_override: nullable(number) }, (a) => ({
      kernel: a.kernel,
      stride: a.stride,
      padding: bothSides(a.padding),
      ceilMode: a.ceil_mode,
      countIncludePad: a.count_include_pad,
      divisorOverride: a.divisor_override,
    })),
  ],
  ["adaptive_avg_pool2d", pool("adaptiveAvgPool2d", { output: pair }, ({ output }) => ({ outputSize: output }))],
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
