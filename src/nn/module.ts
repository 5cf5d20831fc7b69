/**
 * How people write a net. A module is a plain object that, given a place in a graph under construction, becomes a function
 * of traced values. Modules hold no tensors and no state: parameters appear, named by path, when a model is traced.
 */
import { GraphError, UsageError } from "../errors.ts";
import { GraphBuilder, nodeWhere, type Graph, type StateRole } from "../graph/index.ts";
import { Random } from "../numerics/random.ts";
import type { Attrs, OpDef, Value } from "../ops/op.ts";
import { zeros, type Tensor, type TensorType } from "../tensor/index.ts";

/** A value while a model is traced. */
export interface Traced {
  readonly value: Value;
  readonly type: TensorType;
  readonly trace: Trace;
}

/** One tracing of one model. `scope` is the place whose function is being applied. */
interface Trace {
  readonly builder: GraphBuilder;
  readonly seed: number;
  scope: Scope;
}

/** What a module becomes at its place: any function of traced values. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parameters are contravariant: `Traced[]` would refuse functions of exactly two values
export type Apply = (...inputs: any[]) => Traced | Readonly<Record<string, Traced>>;

export type Unary = (x: Traced) => Traced;

export interface Module<F extends Apply = Unary> {
  /** The module at a place: parameters and nodes that it makes are named below `scope.path`. */
  bind(scope: Scope): F;
  /**
   * The graph of the model for inputs of these types, in the order of the model's arguments. A model that returns one
   * value names it `logits`; one that returns a record names its outputs itself. The leading axis may be symbolic: "n".
   */
  trace(inputs: Readonly<Record<string, TensorType>>, options?: TraceOptions): Graph;
}

export interface TraceOptions {
  /** Initial parameters are the same for the same seed. Default: the seed of the module, else 0. */
  readonly seed?: number;
}

/** A place in a graph under construction. */
export class Scope {
  readonly path: string;
  readonly #trace: Trace;

  constructor(trace: Trace, path: string) {
    this.#trace = trace;
    this.path = path;
  }

  child(name: string): Scope {
    return new Scope(this.#trace, this.name(name));
  }

  /** `conv1.weight` for `weight` in conv1. */
  name(local: string): string {
    return this.path === "" ? local : `${this.path}.${local}`;
  }

  /** A trained tensor. Every parameter draws from a random stream of its own, so that a new layer leaves the others as they were. */
  parameter(local: string, shape: readonly number[], initialize: (random: Random) => number): Traced {
    const random = this.random(local);
    // Allocated at once: more than there is room for is refused before the first number is drawn.
    const weights = zeros("f32", shape, this.name(local));
    for (let i = 0; i < weights.data.length; i++) weights.data[i] = initialize(random);
    return this.state(local, "parameter", weights);
  }

  /** Random numbers that follow from the seed and this name. */
  random(local: string): Random {
    return new Random(this.#trace.seed, hash(this.name(local)));
  }

  /** A tensor that is carried from run to run. */
  state(local: string, role: StateRole, contents: Tensor): Traced {
    return traced(this.#trace, this.#trace.builder.state(this.name(local), role, contents));
  }

  /** After a run the state takes the contents of `next`. */
  update(state: Traced, next: Traced): void {
    this.#trace.builder.update(state.value, next.value);
  }

  /** Adds a node named like the path and returns its first output. */
  emit<A extends Attrs>(op: OpDef<A>, inputs: Readonly<Record<string, Traced | undefined>>, attrs?: Partial<A>): Traced {
    return this.emitAll(op, inputs, attrs)[op.outputs[0]!]!;
  }

  /** Adds a node named like the path and returns its outputs by name. */
  emitAll<A extends Attrs>(
    op: OpDef<A>,
    inputs: Readonly<Record<string, Traced | undefined>>,
    attrs?: Partial<A>,
  ): Readonly<Record<string, Traced>> {
    const name = this.path || op.name;
    for (const [key, x] of Object.entries(inputs))
      if (x && x.trace !== this.#trace)
        throw new GraphError({
          code: "foreign-value",
          where: nodeWhere(op, name),
          problem: `${key} is a value of another trace`,
          remedy: "Use only values of the trace that runs",
        });
    const values = Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, x?.value]));
    const outputs = this.#trace.builder.emit(op, values, attrs, name);
    return Object.fromEntries(Object.entries(outputs).map(([key, v]) => [key, traced(this.#trace, v)]));
  }

  /** Runs `f` with this place as the one that functions such as `nn.add` name their nodes below. */
  within<T>(f: () => T): T {
    const outer = this.#trace.scope;
    this.#trace.scope = this;
    try {
      return f();
    } finally {
      this.#trace.scope = outer;
    }
  }
}

const traced = (trace: Trace, value: Value): Traced => ({ value, type: trace.builder.type(value), trace });

/** FNV-1a: a stream number from a name. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** A module from its behaviour at a place; what every layer of this folder is made with. */
export function define<F extends Apply>(bind: (scope: Scope) => F, defaults: TraceOptions = {}): Module<F> {
  return {
    bind,
    trace(inputs, { seed = defaults.seed ?? 0 } = {}) {
      if (!Number.isSafeInteger(seed))
        throw new UsageError({ code: "bad-seed", where: "trace", problem: "the seed must be a whole number", got: String(seed) });
      const builder = new GraphBuilder();
      const trace = { builder, seed } as Trace;
      trace.scope = new Scope(trace, "");
      const given = Object.entries(inputs).map(([name, t]) => traced(trace, builder.input(checkedName(name), t)));
      const result = bind(trace.scope)(...given);
      for (const [name, x] of Object.entries(isTraced(result) ? { logits: result } : result)) builder.output(name, x.value);
      return builder.build();
    },
  };
}

const isTraced = (x: ReturnType<Apply>): x is Traced => typeof x.value === "string";

type Bound<C> = { readonly [K in keyof C]: C[K] extends Module<infer F> ? F : never };

/**
 * A module of named modules and a function that puts them together:
 *
 *     const residual = (block) => nn.module({ block }, ({ block }) => (x) => nn.add(x, block(x)));
 *
 * A child that is called twice shares its parameters.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- children of any signature
export function module<C extends Readonly<Record<string, Module<any>>>, F extends Apply>(
  children: C,
  compose: (bound: Bound<C>) => F,
  options?: TraceOptions,
): Module<F> {
  const names = Object.keys(children).map(checkedName);
  return define((scope) => {
    const f = compose(Object.fromEntries(names.map((name) => [name, children[name]!.bind(scope.child(name))])) as Bound<C>);
    return ((...inputs: Traced[]) => scope.within(() => f(...inputs))) as F;
  }, options);
}

/** Modules one after the other. Keys name them: `{ conv1: conv2d(...), relu1: relu() }`. */
export function sequential(children: Readonly<Record<string, Module>>, options?: TraceOptions): Module {
  return module(children, (bound) => (x: Traced) => Object.values(bound).reduce((y, f) => f(y), x), options);
}

/** Dots separate levels, and whole numbers would be sorted before other keys by JavaScript itself. */
function checkedName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new UsageError({
      code: "bad-name",
      where: `module or input ${JSON.stringify(name)}`,
      problem: "cannot be used as a name",
      expected: "letters, digits and _, not beginning with a digit",
    });
  return name;
}
