/** Batch normalization over several steps, and folded into the convolution before it. */
import { GraphBuilder, type StateRole } from "../../../../src/graph/index.ts";
import type { Value } from "../../../../src/ops/index.ts";
import { foldBatchNorm } from "../../../../src/passes/index.ts";
import type { Tensor } from "../../../../src/tensor/index.ts";
import { emit, emitWithGradient, i32s, type Adapter } from "../../evaluate.ts";
import { boolean, information, nullable, number, readAttrs, readInputs, Refused } from "../../golden-case.ts";
import { channelsFirst, channelsLast } from "../../layout.ts";
import { imageLayout } from "./gradient.ts";

export const batchNorm: Adapter = async (c, backend) => {
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
export const foldConvBn: Adapter = async (c, backend) => {
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
