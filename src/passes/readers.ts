/** Who reads a value: what passes ask before they move or merge nodes. */
import type { Graph, GraphNode } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";

export interface Readers {
  /** Nodes that take the value as an input, in graph order. */
  nodes(value: Value): readonly GraphNode[];
  /** An output or an update names the value. */
  leaves(value: Value): boolean;
}

export function readersOf(graph: Graph): Readers {
  const nodes = new Map<Value, GraphNode[]>();
  for (const node of graph.nodes)
    for (const v of new Set(Object.values(node.inputs))) {
      const list = nodes.get(v);
      if (list) list.push(node);
      else nodes.set(v, [node]);
    }
  const leaving = new Set([...graph.outputs.values(), ...graph.updates.values()]);
  return { nodes: (v) => nodes.get(v) ?? [], leaves: (v) => leaving.has(v) };
}

/** The node that defines each value; states, constants and inputs have none. */
export const producersOf = (graph: Graph): ReadonlyMap<Value, GraphNode> =>
  new Map(graph.nodes.flatMap((n) => Object.values(n.outputs).map((v) => [v, n] as const)));

/** Names of an op's inputs without the mark of optional ones. */
export const inputNames = (op: GraphNode["op"]): readonly string[] => op.inputs.map((i) => (i.endsWith("?") ? i.slice(0, -1) : i));

/** The node with every input looked up in `map`. */
export const renameInputs = (node: GraphNode, map: (v: Value) => Value): GraphNode => ({
  ...node,
  inputs: Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, map(v)])),
});
