import { finish, startFrom, type Graph } from "../graph/index.ts";
import { increment } from "../ops/increment.ts";
import { scalar } from "../tensor/index.ts";

/** State i32 [1]: runs so far. */
export const STEP = "train.step";
/** Value i32 [1]: the number of the run in progress, from 1. */
export const STEP_NOW = "train.step.now";

/** Lets the graph count its runs. A graph that already does is returned as it is. */
export function countSteps(graph: Graph): Graph {
  if (graph.states.has(STEP)) return graph;
  const b = startFrom(graph);
  b.state(STEP, "optimizer", scalar("i32", 0));
  b.update(STEP, b.emit(increment, { x: STEP }, {}, STEP_NOW).y!);
  for (const node of graph.nodes) b.add(node);
  return finish(b, graph);
}
