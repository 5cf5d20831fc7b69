import { finish, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";
import { readersOf } from "./readers.ts";

/**
 * Lets an op that can apply an activation (`absorbsActivation`) take over the activation that is its only reader:
 * conv2d -> relu becomes conv2d {activation: "relu"}. The node keeps its name; the activation's value disappears.
 * `may` can forbid a single pair.
 */
export function fuseActivation(graph: Graph, may: (node: GraphNode, activation: GraphNode) => boolean = () => true): Graph {
  const readers = readersOf(graph);
  const b = startFrom(graph);
  const renamed = new Map<Value, Value>();
  const read = (v: Value): Value => renamed.get(v) ?? v;
  for (const node of graph.nodes) {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, read(v)]));
    const activation = absorbable(node);
    if (activation) {
      b.add({ ...node, inputs, attrs: { ...node.attrs, activation: activation.op.activation! } });
      renamed.set(Object.values(activation.outputs)[0]!, Object.values(node.outputs)[0]!);
    } else if (!renamed.has(Object.values(node.outputs)[0]!)) b.add({ ...node, inputs });
  }
  return finish(b, graph, read);

  function absorbable(node: GraphNode): GraphNode | undefined {
    if (!node.op.absorbsActivation || node.attrs.activation !== "none") return undefined;
    const y = Object.values(node.outputs)[0]!;
    const [only, ...more] = readers.nodes(y);
    return only?.op.activation && more.length === 0 && !readers.leaves(y) && may(node, only) ? only : undefined;
  }
}
