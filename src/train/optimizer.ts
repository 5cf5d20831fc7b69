/** Optimizers and learning rates. Plain values: the trainer turns them into nodes and states of the training graph. */
import { UsageError } from "../errors.ts";
import { adam as adamOp, type AdamAttrs } from "../ops/adam.ts";
import { sgd as sgdOp } from "../ops/sgd.ts";
import type { UpdateRule } from "../passes/index.ts";

/**
 * The learning rate of a step; steps count from 1. It depends on the step alone: a checkpoint holds check sums of the rates of
 * all steps that `fit` is known to do (done so far and the next, where the number of batches is not known; 100,000 of them, where
 * there are more), and a training that resumes with another schedule is refused.
 */
export type Schedule = (step: number) => number;

export interface Optimizer {
  readonly rule: UpdateRule;
  readonly lr: number | Schedule;
}

export interface AdamOptions {
  readonly lr?: number | Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  readonly weightDecay?: number;
  /** AMSGrad: divide by the largest second moment so far. Default false. */
  readonly amsgrad?: boolean;
}

/** PyTorch's Adam; lr 0.001 unless given. Weight decay is added to the gradient. */
export const adam = (options: AdamOptions = {}): Optimizer => adamRule("adam", options, {});

/** PyTorch's AdamW: weight decay, 0.01 unless given, shrinks the weights themselves. */
export const adamW = (options: AdamOptions = {}): Optimizer =>
  adamRule("adamW", options, { weightDecay: 0.01, decoupledWeightDecay: true });

function adamRule(where: string, { lr = 1e-3, amsgrad, ...options }: AdamOptions, defaults: Partial<AdamAttrs>): Optimizer {
  const attrs = { ...defaults, ...given(options) };
  const moments = { expAvg: "expAvgOut", expAvgSq: "expAvgSqOut", ...(amsgrad && { maxExpAvgSq: "maxExpAvgSqOut" }) };
  return { rule: { op: adamOp, attrs, moments }, lr: checked(where, lr) };
}

export interface SgdOptions {
  readonly lr: number | Schedule;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

/** PyTorch's SGD. @throws UsageError for nesterov without momentum or with dampening, as PyTorch does */
export function sgd({ lr, ...attrs }: SgdOptions): Optimizer {
  const { nesterov, momentum = 0, dampening = 0 } = attrs;
  if (nesterov && !(momentum > 0 && dampening === 0))
    throw new UsageError({
      code: "bad-nesterov",
      where: "sgd",
      problem: "nesterov needs momentum, and no dampening",
      expected: "momentum > 0, dampening 0",
      got: `momentum ${momentum}, dampening ${dampening}`,
      remedy: "Give it momentum, or leave nesterov out",
    });
  return {
    rule: { op: sgdOp, attrs: given(attrs), moments: attrs.momentum ? { momentumBuffer: "momentumBufferOut" } : {} },
    lr: checked("sgd", lr),
  };
}

export interface CosineOptions {
  /** The largest rate. */
  readonly lr: number;
  /** Steps in all: epochs times `batches.length`. */
  readonly steps: number;
  /** Steps in which the rate rises from 0. Default none. */
  readonly warmup?: number;
  /** The rate of the last step, as a share of `lr`. Default 0.01. */
  readonly final?: number;
}

/** Half a cosine wave from `lr` down to its `final` share; later steps stay there. */
export function cosine({ lr, steps, warmup = 0, final = 0.01 }: CosineOptions): Schedule {
  checked("cosine", lr);
  if (!(steps > 0 && warmup >= 0 && warmup < steps && final > 0 && final <= 1))
    throw new UsageError({
      code: "bad-schedule",
      where: "cosine",
      problem: "is not a schedule",
      expected: "0 <= warmup < steps, 0 < final <= 1",
      got: `steps ${steps}, warmup ${warmup}, final ${final}`,
    });
  return (step) => {
    if (step <= warmup) return (lr * step) / (warmup + 1);
    const done = Math.min(1, (step - warmup - 1) / Math.max(1, steps - warmup - 1));
    return lr * (final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * done)));
  };
}

/** @throws UsageError unless the rate is a finite number above 0 (what a schedule gives is checked at its step). */
export function checked<T extends number | Schedule>(where: string, lr: T): T {
  if (typeof lr !== "function" && !(typeof lr === "number" && lr > 0 && lr < Infinity))
    throw new UsageError({
      code: "bad-learning-rate",
      where,
      problem: "the learning rate must be a positive, finite number",
      got: String(lr),
    });
  return lr;
}

/** The learning rate of a step. @throws UsageError when a schedule gives what is none */
export const rateAt = ({ lr }: Optimizer, step: number): number =>
  checked(`learning rate of step ${step}`, typeof lr === "function" ? lr(step) : lr);

const given = <T extends object>(options: T) => Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined));
