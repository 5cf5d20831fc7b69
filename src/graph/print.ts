import { formatType } from "../tensor/index.ts";
import type { Graph } from "./graph.ts";

/** The graph as text, one line a value: `conv1: f32 [n, 28, 28, 40] = conv2d(x=x, weight=conv1.weight) {stride: [1, 1]}`. */
export function print(graph: Graph): string {
  const typed = (v: string): string => `${v}: ${formatType(graph.types.get(v)!)}`;
  const lines = [
    ...graph.inputs.map((v) => `input ${typed(v)}`),
    ...[...graph.states].map(([v, s]) => `${s.role} ${typed(v)}`),
    ...[...graph.constants.keys()].map((v) => `constant ${typed(v)}`),
    ...graph.nodes.map((n) => {
      const inputs = Object.entries(n.inputs)
        .map(([k, v]) => `${k}=${v}`)
        .join(", ");
      const attrs = Object.entries(n.attrs)
        .map(([k, v]) => `${k}: ${JSON.stringify(v)}`)
        .join(", ");
      return `${Object.values(n.outputs).map(typed).join(", ")} = ${n.op.name}(${inputs})${attrs ? ` {${attrs}}` : ""}`;
    }),
    ...[...graph.updates].map(([s, v]) => `update ${s} <- ${v}`),
    ...[...graph.outputs].map(([n, v]) => `output ${n} = ${v}`),
  ];
  return lines.join("\n");
}
