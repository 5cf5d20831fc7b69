import { finish, GraphBuilder, prune, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";
import { copyOf, type Tensor } from "../tensor/index.ts";

/** States that nothing updates become constants: the graph can no longer be trained, and what depends on them alone folds. */
export function statesToConstants(graph: Graph): Graph {
  const b = new GraphBuilder();
  for (const v of graph.inputs) b.input(v, graph.types.get(v)!);
  for (const [v, s] of graph.states)
    if (graph.updates.has(v)) b.state(v, s.role, s.tensor);
    else b.constant(s.tensor, v);
  for (const [v, t] of graph.constants) b.constant(t, v);
  for (const node of graph.nodes) b.add(node);
  return finish(b, graph);
}

/** Evaluates by reference every node whose inputs are all constants, and drops what nobody needs any more. */
export function foldConstants(graph: Graph, fold: (node: GraphNode) => boolean = () => true): Graph {
  const known = new Map<Value, Tensor>(graph.constants);
  const b = startFrom(graph);
  for (const node of graph.nodes) {
    const inputs = Object.entries(node.inputs);
    if (!fold(node) || inputs.length === 0 || !inputs.every(([, v]) => known.has(v))) {
      b.add(node);
      continue;
    }
    const outputs = node.op.reference(Object.fromEntries(inputs.map(([key, v]) => [key, known.get(v)!])), node.attrs);
    for (const key of node.op.outputs) {
      // A copy: a reference may return its input's memory (observe), and a constant owns its own.
      const value = copyOf(outputs[key]!);
      known.set(node.outputs[key]!, value);
      b.constant(value, node.outputs[key]!);
    }
  }
  return prune(finish(b, graph));
}
