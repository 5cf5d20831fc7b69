/** Training: a graph that learns on a backend, one submit a step, and comes out as a new graph. */
import { AbortError, DataError, DTypeError, UsageError } from "../errors.ts";
import type { Backend, Compiled } from "../backend/backend.ts";
import { withStates, type Graph } from "../graph/index.ts";
import { firstBad, LEARNING_RATE, watched } from "../passes/index.ts";
import { scalar, type Tensor } from "../tensor/index.ts";
import { checkLabels, type Batch, type Dataset } from "./dataset.ts";
import { evaluator } from "./evaluate.ts";
import type { Loss } from "./loss.ts";
import { checked, type Optimizer } from "./optimizer.ts";
import { logitsType, names, trainingGraph } from "./trainingGraph.ts";

export interface TrainerOptions {
  readonly loss: Loss | (() => Loss);
  readonly optimizer: Optimizer;
  readonly backend: Backend;
  /** Steps between two reads of metrics and checks. Default 50. */
  readonly readEvery?: number;
  /** Name of the graph's output that the loss looks at. Default `logits`. */
  readonly output?: string;
}

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

/** What `fit` goes through in each epoch: `train.batches(...)`, or anything that can be iterated again and again. */
export type EpochSource = { readonly length?: number } & (
  { epoch(index: number): Iterable<Batch> | AsyncIterable<Batch> } | Iterable<Batch> | AsyncIterable<Batch>
);

export interface FitOptions {
  readonly epochs: number;
  readonly batches: EpochSource;
  readonly onProgress?: (progress: Progress) => void;
  readonly onEpoch?: (result: EpochResult) => void;
  readonly signal?: AbortSignal;
  /** Measured after each epoch. */
  readonly evaluate?: Dataset;
}

export interface Trainer {
  /** The training graph, as it runs. */
  readonly trainingGraph: Graph;
  /** Steps queued so far. */
  readonly steps: number;
  /**
   * Queues one step: `{ x, labels }`. Resolves when it is on its way; calls need not wait for each other. Every
   * `readEvery` steps it reads what gathered and resolves with it.
   * @throws DataError for labels that are no classes at once, for NaN and Inf at the next read
   */
  step(batch: Batch): Promise<Metrics | undefined>;
  /** Reads what gathered since the last read. @throws DataError when something was not finite, naming tensor and step */
  metrics(): Promise<Metrics>;
  /** @throws AbortError when the signal fires; steps done until then stay done. */
  fit(options: FitOptions): Promise<readonly EpochResult[]>;
  /** The graph given, with the states that training left. */
  graph(): Promise<Graph>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** @throws UsageError | GraphError when the graph cannot be trained so; DeviceError when it cannot run. */
export async function trainer(graph: Graph, options: TrainerOptions): Promise<Trainer> {
  const { optimizer, backend, readEvery = 50, output = "logits" } = options;
  const loss = typeof options.loss === "function" ? options.loss() : options.loss;
  if (!Number.isSafeInteger(readEvery) || readEvery < 1)
    throw new UsageError({
      code: "bad-interval",
      where: "trainer",
      problem: "readEvery must be a whole number",
      expected: "at least 1",
      got: String(readEvery),
    });
  const training = trainingGraph(graph, loss, optimizer, rate(optimizer, 1), output);
  return new GraphTrainer(graph, training, await backend.compile(training), { ...options, readEvery, output });
}

/** The learning rate of a step. @throws UsageError when a schedule gives what is none */
const rate = ({ lr }: Optimizer, step: number): number =>
  checked(`learning rate of step ${step}`, typeof lr === "function" ? lr(step) : lr);

class GraphTrainer implements Trainer {
  readonly trainingGraph: Graph;
  readonly #graph: Graph;
  readonly #compiled: Compiled;
  readonly #options: TrainerOptions & { readonly readEvery: number; readonly output: string };
  readonly #classes: number;
  /** Calls wait here for the ones before them. */
  #queue: Promise<unknown> = Promise.resolve();
  #steps = 0;
  #lr: number;
  /** Since the last read. */
  #samples = 0;
  #unread = 0;
  #failure: DataError | undefined;
  #disposed = false;

  constructor(
    graph: Graph,
    training: Graph,
    compiled: Compiled,
    options: TrainerOptions & { readonly readEvery: number; readonly output: string },
  ) {
    this.trainingGraph = training;
    this.#graph = graph;
    this.#compiled = compiled;
    this.#options = options;
    this.#classes = logitsType(graph, options.output).classes;
    this.#lr = rate(options.optimizer, 1);
  }

  get steps(): number {
    return this.#steps;
  }

  async step(batch: Batch): Promise<Metrics | undefined> {
    this.#alive();
    const samples = this.#checkLabels(batch.labels);
    return this.#enqueue(async () => {
      const number = this.#steps + 1;
      const lr = rate(this.#options.optimizer, number);
      if (lr !== this.#lr) await this.#compiled.writeStates(new Map([[LEARNING_RATE, scalar("f32", lr)]]));
      this.#lr = lr;
      await this.#compiled.step(batch);
      this.#steps = number;
      this.#samples += samples;
      this.#unread++;
      return this.#unread >= this.#options.readEvery ? this.#read() : undefined;
    });
  }

  metrics(): Promise<Metrics> {
    return this.#enqueue(() => this.#read());
  }

  graph(): Promise<Graph> {
    return this.#enqueue(async () => {
      await this.#read();
      return withStates(this.#graph, await this.#compiled.readStates([...this.#graph.states.keys()]));
    });
  }

  async fit({ epochs, batches, onProgress, onEpoch, signal, evaluate }: FitOptions): Promise<readonly EpochResult[]> {
    this.#alive();
    if (!Number.isSafeInteger(epochs) || epochs < 1)
      throw new UsageError({
        code: "bad-epochs",
        where: "fit",
        problem: "epochs must be a whole number",
        expected: "at least 1",
        got: String(epochs),
      });
    const total = batches.length === undefined ? undefined : epochs * batches.length;
    const start = this.#steps;
    const results: EpochResult[] = [];
    // Numbers of an epoch are its own: what was gathered before belongs to somebody else.
    await this.metrics();
    const measure = evaluate && (await evaluator(this.#graph, this.#options.backend, { output: this.#options.output }));
    try {
      for (let epoch = 0; epoch < epochs; epoch++) {
        const sum = { samples: 0, loss: 0, correct: 0 };
        const report = (m: Metrics): void => {
          if (m.samples === 0) return;
          sum.samples += m.samples;
          sum.loss += m.loss * m.samples;
          sum.correct += m.accuracy * m.samples;
          onProgress?.({ ...m, epoch, epochs, done: this.#steps - start, total });
        };
        for await (const batch of "epoch" in batches ? batches.epoch(epoch) : batches) {
          throwIfAborted(signal, this.#steps);
          const m = await this.step(batch);
          if (m) report(m);
        }
        report(await this.metrics());
        if (sum.samples === 0)
          throw new DataError({
            code: "no-data",
            where: "fit",
            problem: `epoch ${epoch} holds no batch`,
            remedy: "Give something that can be iterated once an epoch, such as train.batches(...)",
          });
        throwIfAborted(signal, this.#steps);
        await measure?.update(await this.#enqueue(() => this.#compiled.readStates([...this.#graph.states.keys()])));
        const testAccuracy = evaluate && (await measure!(evaluate)).accuracy;
        results.push({ epoch, loss: sum.loss / sum.samples, accuracy: sum.correct / sum.samples, testAccuracy });
        onEpoch?.(results.at(-1)!);
      }
    } finally {
      measure?.dispose();
    }
    return results;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // What was asked for before finishes first: `using trainer` with `return trainer.graph()` gives the graph.
    void this.#queue.finally(() => this.#compiled.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #alive(): void {
    if (this.#disposed) throw new UsageError({ code: "disposed", where: "trainer", problem: "was used after dispose()" });
    if (this.#failure) throw this.#failure;
  }

  async #enqueue<T>(task: () => Promise<T>): Promise<T> {
    this.#alive();
    const turn = this.#queue.then(() => {
      if (this.#failure) throw this.#failure;
      return task();
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Reads totals and verdicts, and sets the totals back: f32 sums stay small, so that they lose nothing. */
  async #read(): Promise<Metrics> {
    const totals = [names.lossTotal, names.correctTotal];
    const states = await this.#compiled.readStates([...totals, ...watched(this.trainingGraph)]);
    const bad = firstBad(states);
    if (bad) {
      this.#failure = new DataError({
        code: "not-finite",
        where: `training step ${bad.step}`,
        problem: `"${bad.label}" holds NaN or Inf`,
        remedy: "Look for such values in the data, or train with a smaller learning rate; weights of an earlier graph() are still good",
      });
      throw this.#failure;
    }
    const [samples, step] = [this.#samples, this.#steps];
    const value = (name: string): number => states.get(name)!.data[0]!;
    this.#samples = this.#unread = 0;
    if (samples > 0)
      await this.#compiled.writeStates(
        new Map<string, Tensor>([
          [names.lossTotal, scalar("f32", 0)],
          [names.correctTotal, scalar("i32", 0)],
        ]),
      );
    return {
      step,
      samples,
      loss: samples ? value(names.lossTotal) / samples : 0,
      accuracy: samples ? value(names.correctTotal) / samples : 0,
    };
  }

  /** How many there are. */
  #checkLabels(labels: Tensor | undefined): number {
    const where = `labels of step ${this.#steps + 1}`;
    if (!labels)
      throw new DataError({ code: "missing-labels", where, problem: `the batch holds no "${names.labels}"`, expected: "{ x, labels }" });
    checkLabels(where, labels.data, this.#classes);
    if (labels.dtype !== "i32")
      throw new DTypeError({
        code: "dtype-mismatch",
        where,
        problem: "labels are of another element type",
        expected: "i32",
        got: labels.dtype,
      });
    return labels.data.length;
  }
}

function throwIfAborted(signal: AbortSignal | undefined, steps: number): void {
  if (signal?.aborted)
    throw new AbortError({ code: "aborted", where: "fit", problem: `was aborted after step ${steps}`, cause: signal.reason });
}
