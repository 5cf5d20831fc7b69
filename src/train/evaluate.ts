import type { Backend } from "../backend/backend.ts";
import type { Graph } from "../graph/index.ts";
import { evaluation, toConsole, warnNeverObserved, type Warn } from "../passes/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { batches, type Dataset } from "./dataset.ts";
import { logitsType } from "./trainingGraph.ts";

export interface Accuracy {
  /** Share of images whose largest logit is at the label. */
  readonly accuracy: number;
  readonly correct: number;
  readonly count: number;
}

export interface EvaluateOptions {
  /** Default 250, or all there is. */
  readonly batchSize?: number;
  /** Name of the graph's output. Default `logits`. */
  readonly output?: string;
  /** Name of the graph's input. Default the only one. */
  readonly input?: string;
  readonly warn?: Warn;
}

/** A graph compiled for measuring its accuracy more than once. */
export interface Evaluator {
  (data: Dataset): Promise<Accuracy>;
  /** Takes over contents of states, e.g. what training left; others are ignored. */
  update(states: ReadonlyMap<string, Tensor>): Promise<void>;
  dispose(): void;
}

export async function evaluator(
  graph: Graph,
  backend: Backend,
  { batchSize = 250, output = "logits", input = graph.inputs[0] ?? "x" }: EvaluateOptions = {},
): Promise<Evaluator> {
  const { classes } = logitsType(graph, output);
  const stored = evaluation(graph);
  const run = await backend.compile(stored);
  const measure = async (data: Dataset): Promise<Accuracy> => {
    let correct = 0;
    for (const { labels, ...inputs } of batches(data, { batchSize: Math.min(batchSize, data.count), shuffle: false, input })) {
      const logits = (await run(inputs))[output]!.data;
      labels!.data.forEach((label: number, i: number) => (correct += Number(argmax(logits, i * classes, classes) === label)));
    }
    return { accuracy: correct / data.count, correct, count: data.count };
  };
  return Object.assign(measure, {
    update: (states: ReadonlyMap<string, Tensor>) => run.writeStates(new Map([...states].filter(([name]) => stored.states.has(name)))),
    dispose: () => run.dispose(),
  });
}

/** Accuracy of a float, prepared or converted graph. Nothing in the graph changes: observers do not observe. */
export async function evaluate(graph: Graph, data: Dataset, backend: Backend, options: EvaluateOptions = {}): Promise<Accuracy> {
  warnNeverObserved(graph, options.warn ?? toConsole);
  const measure = await evaluator(graph, backend, options);
  try {
    return await measure(data);
  } finally {
    measure.dispose();
  }
}

/** Index of the largest value (the first, on ties) in `count` values from `start`. */
function argmax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
