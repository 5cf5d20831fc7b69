/** Epoch after epoch: the loop that `fit` is, from the start or from where a checkpoint stood. */
import { AbortError, DataError } from "../errors.ts";
import type { FitPosition, Phase } from "./checkpoint.ts";
import type { Batch, Dataset } from "./dataset.ts";
import { expectSame, type Facts } from "./facts.ts";
import { expectWhole } from "./whole.ts";

/** What happened since the read before. */
export interface Metrics {
  /** Steps so far. */
  readonly step: number;
  readonly samples: number;
  /** Mean over the samples. */
  readonly loss: number;
  /** Share of samples whose largest logit was at the label. */
  readonly accuracy: number;
}

export interface Progress extends Metrics {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of this `fit`, done and in all (undefined where the number of batches is not known). */
  readonly done: number;
  readonly total: number | undefined;
}

export interface EpochResult {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Of the data set given as `evaluate`. */
  readonly testAccuracy: number | undefined;
}

/**
 * What `fit` goes through in each epoch: `train.batches(...)`, or anything that can be iterated again and again. What it is
 * given as `order` (seed, batch size, ...) must be the same when training resumes.
 */
export type EpochSource = { readonly length?: number; readonly order?: Readonly<Record<string, number | boolean | string>> } & (
  { epoch(index: number): Iterable<Batch> | AsyncIterable<Batch> } | Iterable<Batch> | AsyncIterable<Batch>
);

export interface FitOptions {
  /** In all: a training that resumes does those that are left. */
  readonly epochs: number;
  readonly batches: EpochSource;
  readonly onProgress?: (progress: Progress) => void;
  readonly onEpoch?: (result: EpochResult) => void;
  readonly signal?: AbortSignal;
  /** Measured after each epoch. */
  readonly evaluate?: Dataset;
  /** Saves a checkpoint whenever so many steps were done, and at the end. Training waits for `save`. */
  readonly checkpoint?: { readonly every: number; readonly save: (bytes: Uint8Array<ArrayBuffer>) => Promise<void> };
  /** From this epoch on (the first is 0) ranges of activations stay as they are. */
  readonly freezeObserversFrom?: number;
  /** From this epoch on batch normalization uses its running statistics as they are. */
  readonly freezeBatchNormFrom?: number;
}

/** What the loop needs of a trainer. */
export interface Fitted {
  steps(): number;
  /** Where the training stands; the trainer moves it on with every step. */
  position(): FitPosition;
  /** So many steps in all, if known. */
  plan(steps: number | undefined): void;
  moveTo(position: FitPosition): void;
  enter(phase: Phase): Promise<void>;
  step(batch: Batch): Promise<Metrics | undefined>;
  metrics(): Promise<Metrics>;
  accuracy(data: Dataset): Promise<number>;
  checkpoint(): Promise<Uint8Array<ArrayBuffer>>;
}

/** @param resumed where the checkpoint stood, for the first `fit` after it */
export async function fit(t: Fitted, options: FitOptions, resumed: FitPosition | undefined): Promise<readonly EpochResult[]> {
  const { epochs, batches, onProgress, onEpoch, signal, evaluate, checkpoint } = options;
  check(options);
  const plan = planOf(options);
  if (resumed) expectSame(resumed.plan, plan);
  // Numbers of an epoch are its own: what was gathered before belongs to somebody else.
  else await t.metrics();
  t.moveTo(resumed ?? { ...start, epoch: 0, plan });
  const from = t.position();
  const before = batches.length === undefined ? 0 : from.epoch * batches.length + from.batch;
  const [first, total] = [t.steps() - before, batches.length === undefined ? undefined : epochs * batches.length];
  t.plan(total === undefined ? undefined : first + total);
  const results: EpochResult[] = [];
  const report = (m: Metrics | undefined): void => {
    if (m && m.samples > 0) onProgress?.({ ...m, epoch: t.position().epoch, epochs, done: t.steps() - first, total });
  };
  for (let epoch = from.epoch; epoch < epochs; epoch++) {
    await t.enter({
      observers: epoch >= (options.freezeObserversFrom ?? Infinity),
      batchNorm: epoch >= (options.freezeBatchNormFrom ?? Infinity),
    });
    const done = t.position().batch;
    let index = 0;
    for await (const batch of "epoch" in batches ? batches.epoch(epoch) : batches) {
      if (index++ < done) continue;
      throwIfAborted(signal, t.steps());
      report(await t.step(batch));
      if (checkpoint && t.steps() % checkpoint.every === 0) await checkpoint.save(await t.checkpoint());
    }
    report(await t.metrics());
    const { samples, loss, correct } = t.position();
    if (samples === 0 || index < done) throw noData(epoch, done);
    throwIfAborted(signal, t.steps());
    const testAccuracy = evaluate && (await t.accuracy(evaluate));
    const result = { epoch, loss: loss / samples, accuracy: correct / samples, testAccuracy };
    t.moveTo({ ...start, epoch: epoch + 1, plan });
    results.push(result);
    onEpoch?.(result);
  }
  await checkpoint?.save(await t.checkpoint());
  return results;
}

const start = { batch: 0, samples: 0, loss: 0, correct: 0 };

/** What has to be the same when training resumes, for the steps to be the same. */
function planOf({ batches, freezeObserversFrom, freezeBatchNormFrom }: FitOptions): Facts {
  const order = Object.entries(batches.order ?? {}).map(([name, value]): [string, string] => [`${name} of the batches`, String(value)]);
  return new Map([
    ...order,
    ["freezeObserversFrom", String(freezeObserversFrom ?? "never")],
    ["freezeBatchNormFrom", String(freezeBatchNormFrom ?? "never")],
  ]);
}

function check({ epochs, checkpoint, freezeObserversFrom = 0, freezeBatchNormFrom = 0 }: FitOptions): void {
  expectWhole("fit", "bad-epochs", "epochs", epochs, 1);
  if (checkpoint) expectWhole("fit", "bad-interval", "checkpoint.every", checkpoint.every, 1);
  expectWhole("fit", "bad-epochs", "freezeObserversFrom", freezeObserversFrom, 0);
  expectWhole("fit", "bad-epochs", "freezeBatchNormFrom", freezeBatchNormFrom, 0);
}

const noData = (epoch: number, done: number): DataError =>
  new DataError({
    code: "no-data",
    where: "fit",
    problem: done > 0 ? `epoch ${epoch} holds fewer batches than were done of it` : `epoch ${epoch} holds no batch`,
    expected: done > 0 ? `at least ${done}` : undefined,
    remedy: "Give something that can be iterated once an epoch, such as train.batches(...)",
  });

function throwIfAborted(signal: AbortSignal | undefined, steps: number): void {
  if (signal?.aborted)
    throw new AbortError({ code: "aborted", where: "fit", problem: `was aborted after step ${steps}`, cause: signal.reason });
}
