import { bind, type Graph } from "../graph/index.ts";
import { numel } from "../tensor/index.ts";

export interface LayerSummary {
  readonly name: string;
  readonly op: string;
  readonly parameters: number;
  /** Multiply-adds for the given sizes. */
  readonly multiplyAdds: number;
}

export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly multiplyAdds: number;
  toString(): string;
}

/**
 * Parameters and multiply-adds of each node, for a batch of one unless sizes say otherwise. A node with a weight
 * [out, ...] multiplies every output element by the weights of one output channel.
 */
export function summary(graph: Graph, sizes: Readonly<Record<string, number>> = { n: 1 }): ModelSummary {
  const bound = bind(graph, sizes);
  const elements = (v: string): number => numel(bound.types.get(v)!.shape);
  const seen = new Set<string>();
  const layers = bound.nodes.map((node) => {
    const own = Object.values(node.inputs).filter((v) => bound.states.get(v)?.role === "parameter" && !seen.has(v));
    own.forEach((v) => seen.add(v));
    const weights = (node.op.weights ?? []).map((key) => bound.types.get(node.inputs[key]!)!.shape);
    const multiplyAdds = weights.reduce((sum, shape) => sum + elements(Object.values(node.outputs)[0]!) * numel(shape.slice(1)), 0);
    return { name: node.name, op: node.op.name, parameters: own.reduce((sum, v) => sum + elements(v), 0), multiplyAdds };
  });
  const total = (key: "parameters" | "multiplyAdds"): number => layers.reduce((sum, l) => sum + l[key], 0);
  const count = (n: number): string => n.toLocaleString("en");
  return {
    layers,
    parameters: total("parameters"),
    multiplyAdds: total("multiplyAdds"),
    toString() {
      const rows = [...layers, { name: "total", op: "", parameters: this.parameters, multiplyAdds: this.multiplyAdds }];
      return rows
        .map(
          (l) =>
            `${l.name.padEnd(20)} ${l.op.padEnd(12)} ${count(l.parameters).padStart(12)} parameters ${count(l.multiplyAdds).padStart(15)} multiply-adds`,
        )
        .join("\n");
    },
  };
}
