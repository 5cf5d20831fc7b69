/** What a training begins with: the graph's own states, or a checkpoint's. */
import { UsageError } from "../errors.ts";
import type { Graph, State } from "../graph/index.ts";
import { formatType, sameType } from "../tensor/index.ts";
import { readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { expectSame, type Facts, type Reach } from "./facts.ts";
import { notFinite } from "./finite.ts";

export interface Start extends Pick<Checkpoint, "step" | "planned" | "gathered" | "phase" | "fit" | "states"> {
  /** A state that holds NaN or Inf and that the training reads. */
  readonly spoilt: string | undefined;
}

/**
 * @param training the training graph with nothing frozen: it has all states
 * @throws DataError for a damaged checkpoint; UsageError when it was made with something else
 */
export function startOf(training: Graph, bytes: Uint8Array | undefined, facts: (reach: Reach) => Facts): Start {
  const checkpoint = bytes && readCheckpoint(bytes);
  if (checkpoint) {
    expectSame(checkpoint.facts, facts({ step: checkpoint.step, planned: checkpoint.planned }));
    expectStates(checkpoint.states, training.states);
  }
  const states = checkpoint?.states ?? training.states;
  const read = new Set(training.nodes.flatMap((node) => Object.values(node.inputs)));
  const spoilt = notFinite([...states].filter(([name]) => read.has(name)));
  const fresh = {
    step: 0,
    planned: undefined,
    gathered: { samples: 0, steps: 0 },
    phase: { observers: false, batchNorm: false },
    fit: undefined,
  };
  return { ...(checkpoint ?? fresh), states, spoilt };
}

/** The facts agree, so this fails only for a file that no trainer wrote. */
function expectStates(saved: ReadonlyMap<string, State>, own: ReadonlyMap<string, State>): void {
  const describe = (s: State | undefined): string => (s ? `${s.role} ${formatType(s.tensor)}` : "nothing");
  for (const name of new Set([...own.keys(), ...saved.keys()])) {
    const [a, b] = [saved.get(name), own.get(name)];
    if (a && b && a.role === b.role && sameType(a.tensor, b.tensor)) continue;
    throw new UsageError({
      code: "checkpoint-mismatch",
      where: "resume",
      problem: `state "${name}" of the checkpoint is another one`,
      expected: describe(b),
      got: describe(a),
      remedy: "Resume with the graph and the optimizer that the checkpoint was made with",
    });
  }
}
