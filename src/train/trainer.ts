/** Training: a graph that learns on a backend, one submit a step, and comes out as a new graph. */
import { DataError, UsageError } from "../errors.ts";
import type { Backend } from "../backend/backend.ts";
import { withStates, type Graph, type State } from "../graph/index.ts";
import { firstBad, watched } from "../passes/index.ts";
import { scalar, type Tensor } from "../tensor/index.ts";
import { writeCheckpoint, type FitPosition } from "./checkpoint.ts";
import { checkBatch, type Batch, type Dataset } from "./dataset.ts";
import { evaluator, type Evaluator } from "./evaluate.ts";
import { factsOf, type Facts, type Reach } from "./facts.ts";
import { notFinite } from "./finite.ts";
import { fit, type EpochResult, type Fitted, type FitOptions, type Metrics } from "./fit.ts";
import type { Loss } from "./loss.ts";
import { rateAt, type Optimizer } from "./optimizer.ts";
import { startOf, type Start } from "./resume.ts";
import { Session, type RecoverOptions, type States } from "./session.ts";
import { logitsType, names, phased } from "./trainingGraph.ts";
import { expectWhole } from "./whole.ts";

export interface TrainerOptions {
  readonly loss: Loss | (() => Loss);
  readonly optimizer: Optimizer;
  readonly backend: Backend;
  /** Steps between two reads of metrics and checks. Default 50. With 1, what is not finite rejects the very step. */
  readonly readEvery?: number;
  /** Name of the graph's output that the loss looks at. Default `logits`. */
  readonly output?: string;
  /** A checkpoint of the same net, loss and optimizer, also at every step planned (`Schedule`): training goes on where it stood. */
  readonly resume?: Uint8Array | undefined;
  /** Go on by itself on a new device when the device is lost. Default: every call fails with DeviceLostError. */
  readonly recover?: RecoverOptions | undefined;
}

export interface Trainer {
  /** The training graph, as it runs. */
  readonly trainingGraph: Graph;
  /** The one given, or the one that a recovery opened last. */
  readonly backend: Backend;
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
  /** All that it takes to go on from here: `trainer(graph, { ..., resume: bytes })`. @throws DataError where something is not finite */
  checkpoint(): Promise<Uint8Array<ArrayBuffer>>;
  /** The graph given, with the states that training left. */
  graph(): Promise<Graph>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * @throws UsageError | GraphError when the graph cannot be trained so, or is not what the checkpoint was made of; DataError
 * for a damaged checkpoint; DeviceError when it cannot run.
 */
export async function trainer(graph: Graph, options: TrainerOptions): Promise<Trainer> {
  const { optimizer, backend, readEvery = 50, output = "logits", recover, resume } = options;
  const loss = typeof options.loss === "function" ? options.loss() : options.loss;
  expectWhole("trainer", "bad-interval", "readEvery", readEvery, 1);
  const recovery = recover && { attempts: 3, every: readEvery, ...recover };
  for (const name of ["attempts", "every"] as const)
    if (recovery) expectWhole("trainer", "bad-interval", `recover.${name}`, recovery[name], 1);
  const build = phased(graph, loss, optimizer.rule, rateAt(optimizer, 1), output);
  const facts = (reach: Reach): Facts => factsOf(graph, loss, optimizer, output, reach);
  const start = startOf(build({ observers: false, batchNorm: false }), resume, facts);
  const contents = new Map([...start.states].map(([name, s]) => [name, s.tensor]));
  const session = await Session.open(build, start.phase, contents, backend, recovery);
  return new GraphTrainer(graph, session, start, facts, { optimizer, readEvery, output });
}

interface Settings {
  readonly optimizer: Optimizer;
  readonly readEvery: number;
  readonly output: string;
}

class GraphTrainer implements Trainer {
  readonly #graph: Graph;
  readonly #session: Session;
  readonly #facts: (reach: Reach) => Facts;
  readonly #settings: Settings;
  /** Of all roles. */
  readonly #states: ReadonlyMap<string, State>;
  readonly #classes: number;
  /** Calls wait here for the ones before them. */
  #queue: Promise<unknown> = Promise.resolve();
  #steps: number;
  /** Of the last `fit`, also of the checkpoint's; undefined where it is not known. */
  #planned: number | undefined;
  /** Since the last read. */
  #samples: number;
  #unread: number;
  /** Of `fit`, as far as the queue has come. */
  #position: FitPosition | undefined;
  /** The position is a checkpoint's, and no `fit` went on from there yet. */
  #resumed: boolean;
  #fitting = false;
  /** What was not finite before the first step. */
  #spoilt: { readonly label: string; readonly step: number } | undefined;
  #failure: DataError | undefined;
  #disposed = false;

  constructor(graph: Graph, session: Session, start: Start, facts: (reach: Reach) => Facts, settings: Settings) {
    this.#graph = graph;
    this.#session = session;
    this.#facts = facts;
    this.#settings = settings;
    this.#states = start.states;
    this.#classes = logitsType(graph, settings.output).classes;
    this.#steps = start.step;
    this.#planned = start.planned;
    this.#samples = start.gathered.samples;
    this.#unread = start.gathered.steps;
    this.#position = start.fit;
    this.#resumed = start.fit !== undefined;
    this.#spoilt = start.spoilt === undefined ? undefined : { label: start.spoilt, step: start.step + 1 };
  }

  get trainingGraph(): Graph {
    return this.#session.graph;
  }

  get backend(): Backend {
    return this.#session.backend;
  }

  get steps(): number {
    return this.#steps;
  }

  async step(batch: Batch): Promise<Metrics | undefined> {
    if (this.#fitting) throw busy();
    return this.#step(batch, false);
  }

  async #step(batch: Batch, ofFit: boolean): Promise<Metrics | undefined> {
    this.#alive();
    const samples = checkBatch(`labels of step ${this.#steps + 1}`, batch, this.#classes);
    return this.#enqueue(async () => {
      await this.#session.step(batch, rateAt(this.#settings.optimizer, this.#steps + 1));
      this.#steps++;
      this.#samples += samples;
      this.#unread++;
      // Steps of others have no place in the order that fit goes through.
      this.#position = ofFit && this.#position ? { ...this.#position, batch: this.#position.batch + 1 } : undefined;
      const metrics = this.#unread >= this.#settings.readEvery ? await this.#read() : undefined;
      if (this.#session.isDue) await this.#copy();
      return metrics;
    });
  }

  metrics(): Promise<Metrics> {
    return this.#enqueue(() => this.#read());
  }

  graph(): Promise<Graph> {
    return this.#enqueue(async () => {
      await this.#read();
      const states = await this.#session.read([...this.#graph.states.keys()]);
      this.#expectFinite(states);
      return withStates(this.#graph, states);
    });
  }

  checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#enqueue(async () => {
      const contents = await this.#copy();
      const states = new Map([...this.#states].map(([name, { role }]) => [name, { role, tensor: contents.get(name)! }]));
      const gathered = { samples: this.#samples, steps: this.#unread };
      const { phase } = this.#session;
      const step = this.#steps;
      // Steps beyond what was planned make the next one the last that is known of. Sources may say any length.
      const planned = Number.isSafeInteger(this.#planned) && this.#planned! >= step ? this.#planned : step + 1;
      return writeCheckpoint({ step, planned, gathered, phase, fit: this.#position, facts: this.#facts({ step, planned }), states });
    });
  }

  async fit(options: FitOptions): Promise<readonly EpochResult[]> {
    this.#alive();
    if (this.#fitting) throw busy();
    this.#fitting = true;
    let measure: { readonly backend: Backend; readonly run: Evaluator } | undefined;
    const accuracy = (data: Dataset): Promise<number> =>
      this.#enqueue(async () => {
        const states = await this.#session.read([...this.#graph.states.keys()]);
        return this.#session.on(async (backend) => {
          if (measure?.backend !== backend) {
            measure?.run.dispose();
            measure = { backend, run: await evaluator(this.#graph, backend, { output: this.#settings.output }) };
          }
          await measure.run.update(states);
          return (await measure.run(data)).accuracy;
        });
      });
    try {
      return await fit(this.#fitted(accuracy), options, this.#resumed ? this.#position : undefined);
    } finally {
      measure?.run.dispose();
      this.#fitting = false;
    }
  }

  #fitted(accuracy: (data: Dataset) => Promise<number>): Fitted {
    return {
      steps: () => this.#steps,
      position: () => this.#position!,
      plan: (steps) => void (this.#planned = steps),
      moveTo: (position) => {
        this.#position = position;
        this.#resumed = false;
      },
      enter: (phase) => this.#enqueue(() => this.#session.enter(phase)),
      step: (batch) => this.#step(batch, true),
      metrics: () => this.metrics(),
      accuracy,
      checkpoint: () => this.checkpoint(),
    };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // What was asked for before finishes first: `using trainer` with `return trainer.graph()` gives the graph.
    void this.#queue.finally(() => this.#session.dispose());
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

  /** All states, known to be finite. */
  async #copy(): Promise<States> {
    const states = await this.#session.copy();
    this.#expectFinite(states);
    return states;
  }

  /** @throws DataError for what was not finite at some step, by the verdicts among the states or by their contents now */
  #expectFinite(states: States): void {
    const roles = [...states].map(([name, tensor]): [string, State] => [name, { role: this.#states.get(name)!.role, tensor }]);
    const verdict = (this.#steps > 0 ? this.#spoilt : undefined) ?? firstBad(states);
    const label = verdict?.label ?? notFinite(roles);
    if (label === undefined) return;
    this.#failure = new DataError({
      code: "not-finite",
      where: `training step ${verdict?.step ?? this.#steps}`,
      problem: `"${label}" holds NaN or Inf`,
      remedy:
        "Look for such values in the data, or train with a smaller learning rate; an earlier graph() and checkpoints saved before are still good",
    });
    throw this.#failure;
  }

  /** Reads totals and verdicts, and sets the totals back: f32 sums stay small, so that they lose nothing. */
  async #read(): Promise<Metrics> {
    const totals = [names.lossTotal, names.correctTotal];
    const states = await this.#session.read([...totals, ...watched(this.trainingGraph)]);
    this.#expectFinite(states);
    const [samples, step] = [this.#samples, this.#steps];
    const [loss, correct] = totals.map((name) => states.get(name)!.data[0]!) as [number, number];
    if (samples === 0) return { step, samples, loss: 0, accuracy: 0 };
    await this.#session.write(
      new Map<string, Tensor>([
        [names.lossTotal, scalar("f32", 0)],
        [names.correctTotal, scalar("i32", 0)],
      ]),
    );
    this.#samples = this.#unread = 0;
    const at = this.#position;
    if (at) this.#position = { ...at, samples: at.samples + samples, loss: at.loss + loss, correct: at.correct + correct };
    return { step, samples, loss: loss / samples, accuracy: correct / samples };
  }
}

const busy = (): UsageError =>
  new UsageError({
    code: "busy",
    where: "trainer",
    problem: "fit is under way, and its steps are its own",
    remedy: "Wait for it, or use another trainer",
  });
