import { GraphError } from "../errors.ts";
import type { Attrs, Emitter, OpDef, Value, Values } from "../ops/op.ts";
import { formatType, sameType, type Tensor, type TensorType } from "../tensor/index.ts";
import { nodeWhere, type Graph, type GraphNode, type State, type StateRole } from "./graph.ts";
import { print } from "./print.ts";
import { validate } from "./validate.ts";

/**
 * A graph under construction. A pass starts one from an existing graph with `startFrom` (rewrite.ts), which brings its
 * inputs, states and constants, and then copies or replaces its nodes one by one.
 */
export class GraphBuilder implements Emitter {
  readonly #types = new Map<Value, TensorType>();
  readonly #inputs: Value[] = [];
  readonly #states = new Map<Value, State>();
  readonly #constants = new Map<Value, Tensor>();
  readonly #nodes: GraphNode[] = [];
  readonly #nodeNames = new Set<string>();
  readonly #outputs = new Map<string, Value>();
  readonly #updates = new Map<Value, Value>();

  type(value: Value): TensorType {
    const t = this.#types.get(value);
    if (!t) throw new GraphError({ code: "undefined-value", where: `value "${value}"`, problem: "is used before it is defined" });
    return t;
  }

  has(value: Value): boolean {
    return this.#types.has(value);
  }

  /** `stem`, or `stem.2`, `stem.3`, ... where that is taken. */
  unique(stem: string): string {
    if (!this.#types.has(stem) && !this.#nodeNames.has(stem)) return stem;
    for (let i = 2; ; i++) if (!this.#types.has(`${stem}.${i}`) && !this.#nodeNames.has(`${stem}.${i}`)) return `${stem}.${i}`;
  }

  #define(value: Value, t: TensorType): Value {
    if (this.#types.has(value)) throw new GraphError({ code: "doubled-name", where: `value "${value}"`, problem: "is defined twice" });
    this.#types.set(value, t);
    return value;
  }

  input(name: string, t: TensorType): Value {
    this.#inputs.push(name);
    return this.#define(name, t);
  }

  state(name: string, role: StateRole, tensor: Tensor): Value {
    this.#states.set(name, { role, tensor });
    return this.#define(name, { dtype: tensor.dtype, shape: tensor.shape });
  }

  constant(tensor: Tensor, name = "const"): Value {
    const value = this.unique(name);
    this.#constants.set(value, tensor);
    return this.#define(value, { dtype: tensor.dtype, shape: tensor.shape });
  }

  emit<A extends Attrs>(
    op: OpDef<A>,
    inputs: Readonly<Record<string, Value | undefined>>,
    attrs: Partial<A> = {},
    name: string = op.name,
  ): Values {
    const node = this.unique(name);
    const outputs = Object.fromEntries(op.outputs.map((o) => [o, op.outputs.length === 1 ? node : this.unique(`${node}.${o}`)]));
    const given = Object.fromEntries(Object.entries(inputs).filter((e): e is [string, Value] => e[1] !== undefined));
    this.add({ name: node, op, inputs: given, attrs: { ...op.defaults, ...attrs } as Attrs, outputs });
    return outputs;
  }

  /** Adds a node as it is, inferring and checking the types of its outputs. */
  add(node: GraphNode): void {
    const { op, name } = node;
    const where = nodeWhere(op, name);
    if (this.#nodeNames.has(name)) throw new GraphError({ code: "doubled-name", where, problem: "another node has this name" });
    const types: Record<string, TensorType> = {};
    for (const declared of op.inputs) {
      const optional = declared.endsWith("?");
      const key = optional ? declared.slice(0, -1) : declared;
      const value = node.inputs[key];
      if (value !== undefined) types[key] = this.type(value);
      else if (!optional) throw new GraphError({ code: "missing-input", where, problem: `input ${key} is not given` });
    }
    const known = new Set(op.inputs.map((i) => i.replace("?", "")));
    for (const key of Object.keys(node.inputs))
      if (!known.has(key))
        throw new GraphError({ code: "unknown-input", where, problem: `there is no input ${key}`, expected: op.inputs.join(", ") });
    const inferred = op.infer(types, node.attrs, where);
    for (const key of op.outputs) this.#define(node.outputs[key]!, inferred[key]!);
    this.#nodeNames.add(name);
    this.#nodes.push(node);
  }

  output(name: string, value: Value): void {
    this.type(value);
    this.#outputs.set(name, value);
  }

  /** After a run, `state` takes the contents of `value`. */
  update(state: Value, value: Value): void {
    const s = this.type(state);
    const v = this.type(value);
    if (!sameType(s, v))
      throw new GraphError({
        code: "update-mismatch",
        where: `state "${state}"`,
        problem: `cannot take ${value}`,
        expected: formatType(s),
        got: formatType(v),
        remedy: "Update a state with a value of its own type",
      });
    this.#updates.set(state, value);
  }

  build(): Graph {
    const graph: Graph = {
      types: new Map(this.#types),
      inputs: [...this.#inputs],
      states: new Map(this.#states),
      constants: new Map(this.#constants),
      nodes: [...this.#nodes],
      outputs: new Map(this.#outputs),
      updates: new Map(this.#updates),
      toString() {
        return print(this);
      },
    };
    validate(graph);
    return graph;
  }
}
