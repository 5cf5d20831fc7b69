/** The contract of a backend: compile a graph once, run it many times. */
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../tensor/index.ts";

export type Inputs = Readonly<Record<string, Tensor>>;
export type Outputs = Readonly<Record<string, Tensor>>;

export interface CompileOptions {
  /** Sizes of symbolic dimensions to prepare for now: `{ n: 64 }`. Other sizes are prepared at their first run. */
  readonly sizes?: Readonly<Record<string, number>>;
  /**
   * Keep every value of the graph readable after a run (`values()`): no buffer is reused. For verification and
   * debugging; the default plans memory as it would be deployed.
   */
  readonly keepAll?: boolean;
}

export interface Backend {
  /** What runs: `cpu`, or the adapter's own words: `webgpu (google swiftshader, software)`. */
  readonly name: string;
  readonly kind: "cpu" | "webgpu";
  /** @throws ShapeError | DTypeError | GraphError | DeviceError before anything has run. */
  compile(graph: Graph, options?: CompileOptions): Promise<Compiled>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * A graph made ready. Its states (parameters, moments, observers) live as long as it does and are shared by all batch
 * sizes. Runs are queued: each sees the states that the one before it left. Inputs must not change until the promise of
 * their run or step has resolved.
 */
export interface Compiled {
  readonly graph: Graph;
  /** Runs once, applies the graph's updates and reads the outputs back. */
  (inputs: Inputs): Promise<Outputs>;
  /** Runs once and applies the updates without reading anything back; resolves when the work is queued, not done. */
  step(inputs: Inputs): Promise<void>;
  /** Current contents of states, by name; all when no names are given. Waits for queued runs. */
  readStates(names?: readonly string[]): Promise<ReadonlyMap<string, Tensor>>;
  /** Overwrites states. Types must match. */
  writeStates(states: ReadonlyMap<string, Tensor>): Promise<void>;
  /** Every value of the last run, by name. Only after `compile(graph, { keepAll: true })`. */
  values(): Promise<ReadonlyMap<string, Tensor>>;
  /** Memory and work of the program for the given sizes (the last one run when left out). */
  stats(): ProgramStats;
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface ProgramStats {
  readonly nodes: number;
  readonly dispatches: number;
  /** Bytes of states, constants, inputs and outputs. */
  readonly persistentBytes: number;
  /** Bytes planned for everything else. */
  readonly peakBytes: number;
  /** Largest set of such values alive at once: no plan can need less. */
  readonly lowerBoundBytes: number;
}
