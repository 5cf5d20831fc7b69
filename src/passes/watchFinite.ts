import { finish, startFrom, type Graph } from "../graph/index.ts";
import { checkFinite } from "../ops/checkFinite.ts";
import type { Value } from "../ops/op.ts";
import { scalar } from "../tensor/index.ts";
import { countSteps, STEP_NOW } from "./countSteps.ts";

const PREFIX = "firstBad.";

/**
 * Watches values for NaN and Inf, each under a label that people know it by: a state `firstBad.<label>` holds the first step
 * at which the value was not finite, 0 = never. The test is on bits and costs no read-back; `firstBad` reads the verdict.
 */
export function watchFinite(graph: Graph, values: Iterable<readonly [label: string, value: Value]>): Graph {
  const counted = countSteps(graph);
  const b = startFrom(counted);
  for (const node of counted.nodes) b.add(node);
  for (const [label, v] of new Map(values)) {
    const state = b.state(PREFIX + label, "metric", scalar("i32", 0));
    b.update(state, b.emit(checkFinite, { x: v, firstBad: state, step: STEP_NOW }, {}, `${label}.checkFinite`).firstBadOut!);
  }
  return finish(b, counted);
}

/** The states that `watchFinite` added, for reading them. */
export const watched = (graph: Graph): readonly string[] => [...graph.states.keys()].filter((s) => s.startsWith(PREFIX));

/** The label of the value that was bad first, and when; among several of one step the one that was watched first. */
export function firstBad(
  states: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
): { readonly label: string; readonly step: number } | undefined {
  let found: { label: string; step: number } | undefined;
  for (const [name, { data }] of states) {
    const step = data[0]!;
    if (name.startsWith(PREFIX) && step > 0 && (!found || step < found.step)) found = { label: name.slice(PREFIX.length), step };
  }
  return found;
}
