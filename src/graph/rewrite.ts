/** Small graph transformations that passes are made of. Each returns a new graph and leaves its argument as it was. */
import { bindShape, type Tensor, type TensorType } from "../tensor/index.ts";
import { GraphBuilder } from "./builder.ts";
import type { Graph, GraphNode, State } from "./graph.ts";

/** A builder that holds the graph's inputs, states and constants; nodes, outputs and updates are for the pass to add. */
export function startFrom(graph: Graph, sizes: Readonly<Record<string, number>> = {}): GraphBuilder {
  const b = new GraphBuilder();
  for (const v of graph.inputs) {
    const t = graph.types.get(v)!;
    b.input(v, { dtype: t.dtype, shape: bindShape(t.shape, sizes) });
  }
  for (const [v, s] of graph.states) b.state(v, s.role, s.tensor);
  for (const [v, t] of graph.constants) b.constant(t, v);
  return b;
}

/** Adds outputs and updates of `graph` to `b`, values renamed by `rename`. */
export function finish(b: GraphBuilder, graph: Graph, rename: (v: string) => string = (v) => v): Graph {
  for (const [name, v] of graph.outputs) b.output(name, rename(v));
  for (const [s, v] of graph.updates) b.update(s, rename(v));
  return b.build();
}

/** The graph with symbolic sizes bound: `bind(graph, { n: 64 })`. All types are inferred anew. */
export function bind(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const b = startFrom(graph, sizes);
  for (const node of graph.nodes) b.add(node);
  return finish(b, graph);
}

/** The graph with other state contents, e.g. what training left. Names that the graph lacks are ignored. */
export function withStates(graph: Graph, contents: ReadonlyMap<string, Tensor>): Graph {
  const states = new Map<string, State>();
  for (const [v, s] of graph.states) states.set(v, { role: s.role, tensor: contents.get(v) ?? s.tensor });
  return { ...graph, states };
}

/** Without the nodes, states and constants that neither an output nor an update needs. Inputs stay. */
export function prune(graph: Graph): Graph {
  const live = new Set<string>([...graph.outputs.values(), ...graph.updates.values(), ...graph.updates.keys()]);
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!Object.values(node.outputs).some((v) => live.has(v))) continue;
    Object.values(node.inputs).forEach((v) => live.add(v));
    nodes.push(node);
  }
  nodes.reverse();
  const kept = <T>(m: ReadonlyMap<string, T>): Map<string, T> => new Map([...m].filter(([v]) => live.has(v)));
  const types = new Map<string, TensorType>();
  const keep = (v: string): unknown => types.set(v, graph.types.get(v)!);
  graph.inputs.forEach(keep);
  const states = kept(graph.states);
  const constants = kept(graph.constants);
  [...states.keys(), ...constants.keys(), ...nodes.flatMap((n) => Object.values(n.outputs))].forEach(keep);
  return { ...graph, types, states, constants, nodes };
}
