/** The CPU backend: a loop over the ops' references. The specification that every other backend is compared with. */
import { DataError, UsageError } from "../../errors.ts";
import { nodeWhere, validate, type Graph } from "../../graph/index.ts";
import { copyOf, numel, sameType, type Tensor } from "../../tensor/index.ts";
import type { Backend, Compiled, CompileOptions, Inputs, Outputs, ProgramStats } from "../backend.ts";
import { checkInputs, checkSizes, checkTensor } from "../sizes.ts";

export function cpu(): Backend {
  let disposed = false;
  const dispose = (): void => void (disposed = true);
  return {
    name: "cpu",
    kind: "cpu",
    compile: async (graph, options = {}) => {
      if (disposed) throw afterDispose("backend");
      return compile(graph, options, () => disposed);
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

const afterDispose = (what: string): UsageError => new UsageError({ code: "disposed", where: what, problem: "was used after dispose()" });

/** What leaves or enters the backend is never shared with the caller. All or none: where there is no memory for one, nothing has changed. */
const copies = (tensors: Iterable<readonly [string, Tensor]>): Map<string, Tensor> =>
  new Map([...tensors].map(([name, t]) => [name, copyOf(t)]));

function compile(graph: Graph, options: CompileOptions, backendDisposed: () => boolean): Compiled {
  validate(graph);
  if (options.sizes) checkSizes(graph, options.sizes);
  const states = copies([...graph.states].map(([name, s]) => [name, s.tensor]));
  let values: ReadonlyMap<string, Tensor> | undefined;
  let disposed = false;
  const alive = (): void => {
    if (disposed || backendDisposed()) throw afterDispose("compiled graph");
  };
  const stateOf = (name: string): Tensor => {
    const t = states.get(name);
    if (!t) throw new UsageError({ code: "unknown-state", where: `state "${name}"`, problem: "the graph has no such state" });
    return t;
  };

  /** States change only when every node has run: an error in the middle leaves them as they were. */
  const run = (inputs: Inputs): ReadonlyMap<string, Tensor> => {
    alive();
    checkInputs(graph, inputs);
    const run = evaluate(graph, new Map([...Object.entries(inputs), ...states]));
    for (const [state, t] of copies([...graph.updates].map(([state, value]) => [state, run.get(value)!]))) states.set(state, t);
    if (options.keepAll) values = run;
    return run;
  };

  const call = async (inputs: Inputs): Promise<Outputs> => {
    const all = run(inputs);
    return Object.fromEntries(copies([...graph.outputs].map(([name, v]) => [name, all.get(v)!])));
  };
  const dispose = (): void => void (disposed = true);
  return Object.assign(call, {
    graph,
    step: async (inputs: Inputs) => void run(inputs),
    readStates: async (names: readonly string[] = [...states.keys()]) => {
      alive();
      return copies(names.map((name) => [name, stateOf(name)]));
    },
    writeStates: async (contents: ReadonlyMap<string, Tensor>) => {
      alive();
      for (const [name, t] of contents) checkTensor(`state "${name}"`, t, stateOf(name));
      for (const [name, t] of copies(contents)) states.set(name, t);
    },
    values: async () => {
      alive();
      if (!values)
        throw new UsageError({
          code: "no-values",
          where: "values()",
          problem: "there is no kept run",
          remedy: "Compile with { keepAll: true } and run once",
        });
      return copies(values);
    },
    stats: () => stats(graph, states),
    dispose,
    [Symbol.dispose]: dispose,
  });
}

/**
 * Every value of the graph from `given` (inputs and states), node by node.
 * @throws DataError when a reference does not return what its op infers: a fault of the op, found here first.
 */
export function evaluate(graph: Graph, given: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const values = new Map([...graph.constants, ...given]);
  for (const node of graph.nodes) {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, values.get(v)!]));
    const inferred = node.op.infer(inputs, node.attrs, nodeWhere(node.op, node.name));
    const outputs = node.op.reference(inputs, node.attrs);
    for (const key of node.op.outputs) {
      const t = outputs[key];
      if (!t || !sameType(t, inferred[key]!))
        throw new DataError({
          code: "bad-reference",
          where: nodeWhere(node.op, node.name),
          problem: `the reference's ${key} is not of the inferred type`,
          remedy: "Repair the op: its infer and reference must agree",
        });
      values.set(node.outputs[key]!, t);
    }
  }
  return values;
}

/** The interpreter keeps every value of a run, so its peak is their sum. Symbolic sizes count as 1. */
function stats(graph: Graph, states: ReadonlyMap<string, Tensor>): ProgramStats {
  const bytes = (v: string): number => {
    const { dtype, shape } = graph.types.get(v)!;
    return numel(shape.map((d) => (typeof d === "number" ? d : 1))) * (dtype === "i8" || dtype === "u8" ? 1 : 4);
  };
  const sum = (values: Iterable<string>): number => [...values].reduce((total, v) => total + bytes(v), 0);
  const planned = sum(graph.nodes.flatMap((n) => Object.values(n.outputs)));
  return {
    nodes: graph.nodes.length,
    dispatches: 0,
    persistentBytes: sum([...states.keys(), ...graph.constants.keys(), ...graph.inputs]),
    peakBytes: planned,
    lowerBoundBytes: planned,
  };
}
