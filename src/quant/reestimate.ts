/** Running statistics of batch normalization, measured anew. */
import { DataError, QuantizationError } from "../errors.ts";
import type { Backend, Inputs } from "../backend/backend.ts";
import { finish, prune, startFrom, withStates, type Graph } from "../graph/index.ts";
import type { Value } from "../ops/op.ts";
import { countSteps, evaluation, firstBad, STEP_NOW, watched, watchFinite } from "../passes/index.ts";

/** Input that holds a running statistic -> output with the next one. */
const STATISTICS = { runningMean: "runningMeanOut", runningVar: "runningVarOut" } as const;

/**
 * Runs the batches through the graph and returns it with running means and variances that are the plain averages over these
 * batches; nothing else changes. Momentum leaves behind what the last few batches of training had while the weights still
 * moved; do this before folding (prepare, convert) where that hurts. In a QAT graph the factors that weights are scaled by
 * stay the old ones while the new statistics are gathered. Layers whose statistics are frozen are measured too.
 * @throws DataError when there is no batch or a statistic is not finite, QuantizationError without batch normalization
 */
export async function reestimateBatchNorm(
  graph: Graph,
  batches: Iterable<Inputs> | AsyncIterable<Inputs>,
  backend: Backend,
): Promise<Graph> {
  const { measuring, gathered } = measuringGraph(graph);
  if (gathered.size === 0)
    throw new QuantizationError({
      code: "no-batch-norm",
      where: "reestimateBatchNorm",
      problem: "the graph holds no batch normalization with running statistics",
      remedy: "Give the graph before prepare folded it, or the one that prepareQat returned",
    });
  const run = await backend.compile(measuring);
  try {
    let count = 0;
    for await (const batch of batches) {
      await run.step(Object.fromEntries(graph.inputs.map((name) => [name, batch[name]!])));
      count++;
    }
    if (count === 0) throw new DataError({ code: "no-data", where: "reestimateBatchNorm", problem: "there is no batch" });
    const states = await run.readStates([...gathered.keys(), ...watched(measuring)]);
    const bad = firstBad(states);
    if (bad)
      throw new DataError({
        code: "not-finite",
        where: `reestimateBatchNorm, "${bad.label}"`,
        problem: `holds NaN or Inf in batch ${bad.step}`,
        remedy: "Remove such samples, or find the weight that causes it",
      });
    return withStates(graph, new Map([...gathered].map(([state, original]) => [original, states.get(state)!])));
  } finally {
    run.dispose();
  }
}

/** The graph that only gathers, and its states: where a statistic gathers -> the state it will become. */
function measuringGraph(graph: Graph): { readonly measuring: Graph; readonly gathered: ReadonlyMap<Value, Value> } {
  const still = countSteps(evaluation(graph));
  const b = startFrom(still);
  const gathered = new Map<Value, Value>();
  const next: [Value, Value][] = [];
  for (const node of still.nodes) {
    const { runningMean, runningVar } = node.inputs;
    const isState = (v: Value | undefined): v is Value => v !== undefined && still.states.has(v);
    if (!node.op.normalization || !isState(runningMean) || !isState(runningVar)) {
      b.add(node);
      continue;
    }
    // States of their own: what else reads the running statistics reads the old ones.
    const inputs: Record<string, Value> = { ...node.inputs, step: STEP_NOW };
    for (const [key, out] of Object.entries(STATISTICS)) {
      const original = node.inputs[key]!;
      inputs[key] = b.state(b.unique(`${original}.measured`), "buffer", still.states.get(original)!.tensor);
      gathered.set(inputs[key], original);
      next.push([inputs[key], node.outputs[out]!]);
    }
    b.add({ ...node, inputs, attrs: { ...node.attrs, training: true, momentum: null } });
  }
  for (const [state, value] of next) b.update(state, value);
  const updated = finish(b, { ...still, outputs: new Map() });
  const labelled = next.map(([state, value]) => [gathered.get(state)!, value] as const);
  return { measuring: prune(watchFinite(updated, labelled)), gathered };
}
