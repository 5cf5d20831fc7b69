import { finish, prune, startFrom, type Graph, type StateRole } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";
import { renameInputs } from "./readers.ts";

const ALL_ROLES: readonly StateRole[] = ["parameter", "observer", "optimizer", "metric", "buffer", "random"];

/**
 * The graph as it computes without learning: where a state of these roles would be updated, readers of the new contents
 * read the stored ones, and what only served the update is gone. All roles: a training graph becomes one for evaluation.
 * An op that draws random numbers passes on its input without them, and is left out.
 */
export function evaluation(graph: Graph, roles: readonly StateRole[] = ALL_ROLES): Graph {
  const stored = new Map<Value, Value>();
  for (const [state, value] of graph.updates) if (roles.includes(graph.states.get(state)!.role)) stored.set(value, state);
  const read = (v: Value): Value => stored.get(v) ?? v;
  const b = startFrom(graph);
  for (const node of graph.nodes) {
    const change = node.op.evaluation;
    const applies = change !== undefined && roles.includes(change.role);
    if (applies && change.role === "random") stored.set(node.outputs.y!, read(node.inputs.x!));
    else b.add({ ...renameInputs(node, read), attrs: applies ? { ...node.attrs, ...change.attrs } : node.attrs });
  }
  const kept = new Map([...graph.updates].filter(([state]) => !roles.includes(graph.states.get(state)!.role)));
  return prune(finish(b, { ...graph, updates: kept }, read));
}

/** Training goes on with the running statistics as they are: batch normalization uses the stored ones and no longer changes them. */
export const freezeBatchNorm = (graph: Graph): Graph => evaluation(graph, ["buffer"]);

/** Training goes on with the ranges as they are: observers no longer change, weights still follow their own range. */
export const freezeObservers = (graph: Graph): Graph => evaluation(graph, ["observer"]);
