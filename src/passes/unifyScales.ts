import type { Graph, GraphNode } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";
import type { Readers } from "./readers.ts";

/**
 * For a value that only one node reads, and that one brings all its inputs to the scale of its output (`unifiesScales`):
 * that output. Whoever makes the value may make it on that scale at once. Ops that pass on integers as they are may lie
 * between, and one unifying op may feed another. `integer` tells the nodes that compute in integers.
 */
export function unifiedWith(graph: Graph, readers: Readers, integer: (node: GraphNode) => boolean): (v: Value) => Value | undefined {
  const found = new Map<Value, Value>();
  for (const node of [...graph.nodes].reverse()) {
    const y = Object.values(node.outputs)[0]!;
    const to = node.op.unifiesScales ? (found.get(y) ?? y) : node.op.quantization === "sharesInput" ? found.get(y) : undefined;
    if (to === undefined || !integer(node)) continue;
    for (const v of Object.values(node.inputs)) if (readers.nodes(v).length === 1 && !readers.leaves(v)) found.set(v, to);
  }
  return (v) => found.get(v);
}
