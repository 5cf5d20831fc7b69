import { GraphError } from "../errors.ts";
import { finish, nodeWhere, prune, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import { add } from "../ops/add.ts";
import type { Value } from "../ops/op.ts";
import { filled, sizes } from "../tensor/index.ts";
import { scoped } from "./scoped.ts";

export const gradientName = (parameter: string): string => `${parameter}.gradient`;

/** All states with the role "parameter". */
export const parametersOf = (graph: Graph): readonly string[] =>
  [...graph.states].filter(([, s]) => s.role === "parameter").map(([name]) => name);

/** The node with the op that keeps what its gradient reads, under a name that the graph does not have. */
function keeping(graph: Graph, node: GraphNode): GraphNode {
  const op = node.op.keeping?.(node.attrs);
  const free = (name: string): string => (graph.types.has(name) ? free(`${name}.kept`) : name);
  return op ? { ...node, op, outputs: Object.fromEntries(op.outputs.map((o) => [o, node.outputs[o] ?? free(`${node.name}.${o}`)])) } : node;
}

/**
 * Reverse-mode differentiation: adds one output `<parameter>.gradient` for each parameter, the derivative of the sum of
 * the output `loss`. A parameter that the loss does not depend on is an error, as is an op without `grad` on the way.
 * @throws GraphError
 */
export function gradient(graph: Graph, loss: string, parameters: readonly string[] = parametersOf(graph)): Graph {
  const root = graph.outputs.get(loss);
  if (root === undefined)
    throw new GraphError({
      code: "unknown-output",
      where: `gradient of "${loss}"`,
      problem: "the graph has no such output",
      expected: [...graph.outputs.keys()].join(", "),
    });
  for (const p of parameters)
    if (!graph.states.has(p))
      throw new GraphError({ code: "unknown-parameter", where: `gradient of "${loss}"`, problem: `there is no parameter "${p}"` });

  // Only values that depend on a parameter can carry a gradient on.
  const trained = new Set<Value>(parameters);
  for (const node of graph.nodes)
    if (Object.values(node.inputs).some((v) => trained.has(v))) Object.values(node.outputs).forEach((v) => trained.add(v));

  const b = startFrom(graph);
  const nodes = graph.nodes.map((node) => (Object.values(node.inputs).some((v) => trained.has(v)) ? keeping(graph, node) : node));
  nodes.forEach((node) => b.add(node));
  const lossType = graph.types.get(root)!;
  const ones = filled("f32", sizes(lossType.shape), () => 1);
  const grads = new Map<Value, Value>([[root, b.constant(ones, `${loss}.gradient`)]]);

  for (const node of [...nodes].reverse()) {
    const inputs = Object.entries(node.inputs).filter(([, v]) => trained.has(v));
    const received = Object.fromEntries(Object.entries(node.outputs).flatMap(([key, v]) => (grads.has(v) ? [[key, grads.get(v)!]] : [])));
    if (inputs.length === 0 || Object.keys(received).length === 0) continue;
    const where = nodeWhere(node.op, node.name);
    if (!node.op.grad)
      throw new GraphError({
        code: "no-gradient",
        where,
        problem: "has no gradient but lies between a parameter and the loss",
        remedy: "Leave it out of the trained graph, or give the op a grad",
      });
    const emitter = scoped(b, node.name);
    const made = node.op.grad(emitter, node, received);
    for (const [key, v] of inputs) {
      const more = made[key];
      if (more === null || more === undefined) continue;
      const sum = grads.get(v);
      grads.set(v, sum === undefined ? more : emitter.emit(add, { a: sum, b: more }, {}, `${key}.sum`).y!);
    }
  }

  for (const p of parameters) {
    const g = grads.get(p);
    if (g === undefined)
      throw new GraphError({
        code: "unreached-parameter",
        where: `parameter "${p}"`,
        problem: `no gradient of "${loss}" reaches it`,
        remedy: "Remove it, or name the parameters to train",
      });
    b.output(gradientName(p), g);
  }
  return prune(finish(b, graph));
}
