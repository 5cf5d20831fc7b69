/**
 * A training graph on a device that may be lost. With `recover` it keeps a copy of all states in host memory and the batches
 * since: after a loss a new device computes the same steps once more, to the same bits, and whoever asked never notices.
 */
import type { Backend, Compiled } from "../backend/backend.ts";
import { checkInputs } from "../backend/sizes.ts";
import { DeviceError, DeviceLostError } from "../errors.ts";
import { withStates, type Graph } from "../graph/index.ts";
import { LEARNING_RATE } from "../passes/index.ts";
import { copyOf, scalar, type Tensor } from "../tensor/index.ts";
import type { Phase } from "./checkpoint.ts";
import type { Batch } from "./dataset.ts";

export interface RecoverOptions {
  /** Opens a backend on a new device. It is the caller's to dispose of, unless it is lost in its turn. */
  readonly backend: () => Promise<Backend>;
  /** New devices to try for one loss. Default 3. */
  readonly attempts?: number;
  /** Steps between two copies of the states, whose batches are kept for a replay. Default as `readEvery`. */
  readonly every?: number;
}

export type States = ReadonlyMap<string, Tensor>;

/** The first pause before another attempt in ms, twice as long each time: a GPU process takes a moment to come back. */
const PAUSE_MS = 50;

export class Session {
  readonly #build: (phase: Phase) => Graph;
  readonly #recover: Required<RecoverOptions> | undefined;
  #backend: Backend;
  #compiled: Compiled;
  #phase: Phase;
  /** States that the graph of this phase has no use for, as the phase before left them. */
  #carried: States;
  /** The last copy and what was done since. */
  #kept: { readonly phase: Phase; readonly states: States };
  #log: (() => Promise<void>)[] = [];
  #steps = 0;
  /** On the device; unknown where contents of states came from elsewhere. */
  #lr: number | undefined;
  #isOwn = false;

  private constructor(build: (phase: Phase) => Graph, backend: Backend, made: Made, recover: Required<RecoverOptions> | undefined) {
    this.#build = build;
    this.#backend = backend;
    this.#recover = recover;
    this.#compiled = made.compiled;
    this.#carried = made.carried;
    this.#phase = made.phase;
    this.#kept = { phase: made.phase, states: made.states };
  }

  /** @param states all of them, whatever the phase */
  static async open(
    build: (phase: Phase) => Graph,
    phase: Phase,
    states: States,
    backend: Backend,
    recover: Required<RecoverOptions> | undefined,
  ): Promise<Session> {
    const make = async (b: Backend): Promise<Session> => new Session(build, b, await compile(build, phase, states, b), recover);
    try {
      return await make(backend);
    } catch (e) {
      if (!recover || !(e instanceof DeviceLostError)) throw e;
      // As good a place to be lost at as any.
      return again(e, recover.attempts, async () => {
        const b = await recover.backend();
        const session = await make(b);
        session.#isOwn = true;
        return session;
      });
    }
  }

  get backend(): Backend {
    return this.#backend;
  }

  /** As it runs now. */
  get graph(): Graph {
    return this.#compiled.graph;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** True when a copy is to be taken. */
  get isDue(): boolean {
    return this.#recover !== undefined && this.#steps >= this.#recover.every;
  }

  async step(batch: Batch, lr: number): Promise<void> {
    if (!this.#recover) return this.on(() => this.#step(batch, lr));
    checkInputs(this.graph, batch);
    // The caller may use its arrays again. Made before the step: one that is done must not be missing where there is no room for it.
    const copy = Object.fromEntries(Object.entries(batch).map(([name, t]) => [name, copyOf(t)]));
    await this.on(() => this.#step(copy, lr));
    this.#log.push(() => this.#step(copy, lr));
    this.#steps++;
  }

  async #step(batch: Batch, lr: number): Promise<void> {
    if (lr !== this.#lr) await this.#compiled.writeStates(new Map([[LEARNING_RATE, scalar("f32", lr)]]));
    this.#lr = lr;
    await this.#compiled.step(batch);
  }

  read(names: readonly string[]): Promise<States> {
    return this.on(async () => {
      const here = names.filter((name) => !this.#carried.has(name));
      const read = here.length > 0 ? await this.#compiled.readStates(here) : new Map<string, Tensor>();
      return new Map(names.map((name) => [name, this.#carried.get(name) ?? read.get(name)!]));
    });
  }

  async write(states: States): Promise<void> {
    const task = (): Promise<void> => this.#compiled.writeStates(states);
    await this.on(task);
    if (this.#recover) this.#log.push(task);
  }

  /** All states, of every phase; a replay starts from them. */
  async copy(): Promise<States> {
    const states = await this.on(() => this.#all());
    this.#keep(states);
    return states;
  }

  /** Goes on with the graph of another phase, from the same states. */
  async enter(phase: Phase): Promise<void> {
    if (phase.observers === this.#phase.observers && phase.batchNorm === this.#phase.batchNorm) return;
    const states = await this.on(async () => {
      const all = await this.#all();
      this.#replace(await compile(this.#build, phase, all, this.#backend));
      return all;
    });
    this.#keep(states);
  }

  async #all(): Promise<States> {
    return new Map([...this.#carried, ...(await this.#compiled.readStates())]);
  }

  #keep(states: States): void {
    if (this.#recover) this.#kept = { phase: this.#phase, states };
    this.#log = [];
    this.#steps = 0;
  }

  #replace({ compiled, carried, phase }: Made): void {
    this.#compiled.dispose();
    this.#compiled = compiled;
    this.#carried = carried;
    this.#phase = phase;
    this.#lr = undefined;
  }

  /** Does a task that may be done twice, if need be on another device. One at a time. */
  async on<T>(task: (backend: Backend) => Promise<T>): Promise<T> {
    try {
      return await task(this.#backend);
    } catch (e) {
      if (!this.#recover || !(e instanceof DeviceLostError)) throw e;
      const { attempts, backend } = this.#recover;
      return again(e, attempts, async () => {
        await this.#move(await backend());
        return task(this.#backend);
      });
    }
  }

  async #move(backend: Backend): Promise<void> {
    const lost = this.#isOwn && this.#backend !== backend ? this.#backend : undefined;
    const { phase, states } = this.#kept;
    this.#backend = backend;
    this.#isOwn = true;
    lost?.dispose();
    this.#replace(await compile(this.#build, phase, states, backend));
    for (const replay of this.#log) await replay();
  }

  dispose(): void {
    this.#compiled.dispose();
  }
}

interface Made {
  readonly compiled: Compiled;
  readonly phase: Phase;
  readonly states: States;
  readonly carried: States;
}

async function compile(build: (phase: Phase) => Graph, phase: Phase, states: States, backend: Backend): Promise<Made> {
  const graph = build(phase);
  const carried = new Map([...states].filter(([name]) => !graph.states.has(name)));
  return { compiled: await backend.compile(withStates(graph, states)), phase, states, carried };
}

/** Tries up to `attempts` times. @throws DeviceLostError when none helped; other errors than those of devices at once */
async function again<T>(lost: DeviceLostError, attempts: number, attempt: () => Promise<T>): Promise<T> {
  let last: DeviceError = lost;
  for (let i = 0; i < attempts; i++) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** i));
    try {
      return await attempt();
    } catch (e) {
      // No adapter, say, while the browser starts its GPU process anew.
      if (!(e instanceof DeviceError)) throw e;
      last = e;
    }
  }
  throw new DeviceLostError({
    code: "not-recovered",
    where: "trainer",
    problem: `the device was lost, and so was training on ${attempts} new ones: ${last.message}`,
    remedy: "Resume from a saved checkpoint once a device is there",
    cause: last,
  });
}
