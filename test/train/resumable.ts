/** Trainings of every kind that can go on from a checkpoint, small enough to be run dozens of times. */
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32 } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { batches, float, make, sha256, test } from "./bars.ts";

export const EPOCHS = 3;
export const qat = quant.prepareQat(float, quant.int8());
const normalized = nn
  .sequential({
    conv: nn.conv2d(1, 3, { kernel: 3, padding: 1, bias: false }),
    norm: nn.batchNorm2d(3),
    relu: nn.relu(),
    drop: nn.dropout(0.2),
    flatten: nn.flatten(),
    fc: nn.linear(3 * 36, 3),
  })
  .trace({ x: f32(["n", 6, 6, 1]) }, { seed: 3 });
type Run = { readonly graph: Graph; readonly trainer: Partial<train.TrainerOptions>; readonly fit: Partial<train.FitOptions> };

/** Fits, from a checkpoint if there is one; saves after every step, if at all. */
export async function run({ graph, trainer: options, fit }: Run, resume?: Uint8Array, saves = true) {
  const saved: Uint8Array[] = [];
  using trainer = await make(graph, { readEvery: 4, ...options, resume });
  const save = async (bytes: Uint8Array): Promise<void> => void saved.push(bytes);
  const results = await trainer.fit({ epochs: EPOCHS, batches, evaluate: test, ...(saves && { checkpoint: { every: 1, save } }), ...fit });
  return { saved, results, weights: sha256(await trainer.graph()), steps: trainer.steps };
}

const schedule = train.cosine({ lr: 0.05, steps: EPOCHS * batches.length, warmup: 3 });
export const runs = {
  "float, adam": { graph: float, trainer: {}, fit: {} },
  "float, sgd with momentum and a schedule": {
    graph: float,
    trainer: { optimizer: train.sgd({ lr: schedule, momentum: 0.9 }) },
    fit: {},
  },
  QAT: { graph: qat, trainer: { optimizer: train.adamW({ lr: schedule }) }, fit: {} },
  "QAT, observers frozen from epoch 1": { graph: qat, trainer: {}, fit: { freezeObserversFrom: 1 } },
  "batch norm and dropout": { graph: normalized, trainer: {}, fit: {} },
  "QAT with batch norm and dropout, frozen one after the other": {
    graph: quant.prepareQat(normalized, quant.int8()),
    trainer: {},
    fit: { freezeBatchNormFrom: 1, freezeObserversFrom: 2 },
  },
} satisfies Record<string, Run>;

/** Has all that a checkpoint can hold: moments, a schedule, observers, statistics and counters of random numbers. */
export const full: Run = {
  ...runs["QAT with batch norm and dropout, frozen one after the other"],
  trainer: { optimizer: train.adamW({ lr: schedule }) },
};
