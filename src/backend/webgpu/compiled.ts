/** A graph compiled for a device: states that outlive runs, one program per batch size, runs in the order they were asked for. */
import { UsageError, type Dot4Error } from "../../errors.ts";
import { bind, validate, type Graph } from "../../graph/index.ts";
import { storageBytes, toWords, type Tensor } from "../../tensor/index.ts";
import type { Compiled, CompileOptions, Inputs } from "../backend.ts";
import { checkInputs, checkSizes, checkTensor, sizesKey, symbols, type Sizes } from "../sizes.ts";
import { DATA, type Context } from "./context.ts";
import type { ProfileRow } from "./profile.ts";
import { Program, readNow, type Shared } from "./program.ts";
import type { Choose } from "./prepare.ts";

export interface GpuCompileOptions extends CompileOptions {
  /** Which of the variants that apply runs a node; the first by default. */
  readonly choose?: Choose;
}

export interface GpuCompiled extends Compiled {
  /** Runs the graph `runs` times (10 by default), updates included, and says how long each node takes on the GPU. */
  profile(inputs: Inputs, runs?: number): Promise<readonly ProfileRow[]>;
}

/** @throws ShapeError | DTypeError | GraphError | DeviceError | OutOfMemoryError; nothing is left behind. */
export async function compile(
  context: Context,
  graph: Graph,
  options: GpuCompileOptions,
  onDispose: (compiled: GpuCompiled) => void,
): Promise<GpuCompiled> {
  context.check();
  validate(graph);
  const names = symbols(graph);
  const sizes = options.sizes ? checkSizes(graph, options.sizes) : names.length === 0 ? {} : undefined;
  const shared = await upload(context, graph);
  const compiled = new CompiledGraph(context, graph, names, shared, options);
  try {
    if (sizes) await compiled.program(sizes);
  } catch (e) {
    compiled.dispose();
    throw e;
  }
  return compiled.api(onDispose);
}

/** Buffers for states and constants, filled. */
function upload(context: Context, graph: Graph): Promise<Shared> {
  const states = [...graph.states].map(([name, s]) => [name, s.tensor] as const);
  const wanted = [...states, ...graph.constants].reduce((sum, [, t]) => sum + storageBytes(t), 0);
  return context.creating("compile", wanted, (make) => {
    const fill = ([name, t]: readonly [string, Tensor]): [string, GPUBuffer] => {
      const buffer = make(storageBytes(t), DATA);
      write(context, buffer, t);
      return [name, buffer];
    };
    return { states: new Map(states.map(fill)), constants: new Map([...graph.constants].map(fill)) };
  });
}

function write({ device }: Context, buffer: GPUBuffer, t: Tensor): void {
  const words = toWords(t);
  device.queue.writeBuffer(buffer, 0, words.buffer as ArrayBuffer, words.byteOffset, words.byteLength);
}

class CompiledGraph {
  readonly #context: Context;
  readonly #graph: Graph;
  readonly #names: readonly string[];
  readonly #shared: Shared;
  readonly #options: GpuCompileOptions;
  readonly #programs = new Map<string, Program>();
  #last: Program | undefined;
  #ran = false;
  #disposed = false;
  /** Ends when everything asked for so far is queued on the device. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(context: Context, graph: Graph, names: readonly string[], shared: Shared, options: GpuCompileOptions) {
    this.#context = context;
    this.#graph = graph;
    this.#names = names;
    this.#shared = shared;
    this.#options = options;
  }

  api(onDispose: (compiled: GpuCompiled) => void): GpuCompiled {
    const dispose = (): void => {
      this.dispose();
      onDispose(compiled);
    };
    const call = (inputs: Inputs): Promise<Record<string, Tensor>> => this.#call(inputs);
    const compiled: GpuCompiled = Object.assign(call, {
      graph: this.#graph,
      step: (inputs: Inputs) => this.#step(inputs),
      readStates: (names?: readonly string[]) => this.#readStates(names),
      writeStates: (states: ReadonlyMap<string, Tensor>) => this.#writeStates(states),
      values: () => this.#values(),
      stats: () => this.#current().stats,
      profile: (inputs: Inputs, runs = 10) =>
        this.#queue(async () => (await this.program(checkInputs(this.#graph, inputs))).profile(inputs, runs)),
      dispose,
      [Symbol.dispose]: dispose,
    });
    return compiled;
  }

  /** Everything goes through here, one after the other; an error is the asker's alone. */
  #queue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => {
      this.#alive();
      return task();
    });
    this.#tail = result.catch(() => undefined);
    return this.#named(result);
  }

  /** What fails because of a dispose() in the meantime says so. */
  #named<T>(promise: Promise<T>): Promise<T> {
    return promise.catch((e: unknown) => {
      this.#alive();
      throw e;
    });
  }

  #alive(): void {
    this.#context.check();
    if (this.#disposed) throw disposed();
  }

  async program(sizes: Sizes): Promise<Program> {
    const key = sizesKey(this.#names, sizes);
    let program = this.#programs.get(key);
    if (!program) {
      program = await Program.create(
        this.#context,
        this.#names.length > 0 ? bind(this.#graph, sizes) : this.#graph,
        this.#shared,
        this.#options,
      );
      if (this.#disposed) {
        program.dispose();
        throw disposed();
      }
      this.#programs.set(key, program);
    }
    return (this.#last = program);
  }

  async #call(inputs: Inputs): Promise<Record<string, Tensor>> {
    const { outputs } = await this.#queue(async () => {
      const program = await this.program(checkInputs(this.#graph, inputs));
      this.#ran = true;
      return program.call(inputs);
    });
    return Object.fromEntries(await this.#named(outputs));
  }

  #step(inputs: Inputs): Promise<void> {
    return this.#queue(async () => {
      const program = await this.program(checkInputs(this.#graph, inputs));
      this.#ran = true;
      return program.step(inputs);
    });
  }

  #state(name: string): { type: Tensor; buffer: GPUBuffer } {
    const state = this.#graph.states.get(name);
    if (!state) throw new UsageError({ code: "unknown-state", where: `state "${name}"`, problem: "the graph has no such state" });
    return { type: state.tensor, buffer: this.#shared.states.get(name)! };
  }

  #readStates(names: readonly string[] = [...this.#graph.states.keys()]): Promise<ReadonlyMap<string, Tensor>> {
    return this.#queue(() =>
      readNow(
        this.#context,
        names.map((name) => ({ name, ...this.#state(name) })),
      ),
    );
  }

  #writeStates(states: ReadonlyMap<string, Tensor>): Promise<void> {
    return this.#queue(async () => {
      for (const [name, t] of states) checkTensor(`state "${name}"`, t, this.#state(name).type);
      for (const [name, t] of states) write(this.#context, this.#state(name).buffer, t);
    });
  }

  #values(): Promise<ReadonlyMap<string, Tensor>> {
    return this.#queue(async () => {
      if (!this.#options.keepAll || !this.#ran)
        throw new UsageError({
          code: "no-values",
          where: "values()",
          problem: "there is no kept run",
          remedy: "Compile with { keepAll: true } and run once",
        });
      return this.#current().values();
    });
  }

  #current(): Program {
    this.#alive();
    if (!this.#last)
      throw new UsageError({
        code: "no-program",
        where: "stats()",
        problem: "nothing is compiled for any batch size yet",
        remedy: "Compile with { sizes: { n: 64 } } or run once",
      });
    return this.#last;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const p of this.#programs.values()) p.dispose();
    this.#programs.clear();
    for (const b of [...this.#shared.states.values(), ...this.#shared.constants.values()]) this.#context.destroy(b);
  }
}

const disposed = (): Dot4Error => new UsageError({ code: "disposed", where: "compiled graph", problem: "was used after dispose()" });
