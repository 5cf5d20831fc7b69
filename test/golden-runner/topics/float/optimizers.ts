/** Optimizers over several steps. */
import type { Backend } from "../../../../src/backend/backend.ts";
import { GraphBuilder } from "../../../../src/graph/index.ts";
import type { Attrs } from "../../../../src/ops/index.ts";
import { zeros, type Tensor } from "../../../../src/tensor/index.ts";
import { emit, f32s, i32s, type Adapter, type Results } from "../../evaluate.ts";
import { boolean, number, optional, pair, readAttrs, readInputs, type GoldenCase } from "../../golden-case.ts";

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

export const sgd: Adapter = (c, backend) => {
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
export const adam =
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
