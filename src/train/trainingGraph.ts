import { UsageError } from "../errors.ts";
import { finish, prune, startFrom, type Graph } from "../graph/index.ts";
import { accumulate } from "../ops/accumulate.ts";
import { evaluation, gradient, gradientName, optimize, parametersOf, watchFinite, type UpdateRule } from "../passes/index.ts";
import { formatType, i32, scalar, type TensorType } from "../tensor/index.ts";
import type { Phase } from "./checkpoint.ts";
import type { Loss } from "./loss.ts";

/** Names of what the training graph adds; `train.` keeps them apart from modules. */
export const names = { labels: "labels", loss: "train.loss", lossTotal: "train.lossTotal", correctTotal: "train.correctTotal" } as const;

/** [n, classes] of the output that is trained. @throws UsageError */
export function logitsType(graph: Graph, output: string): TensorType & { readonly classes: number } {
  const v = graph.outputs.get(output);
  const t = v === undefined ? undefined : graph.types.get(v)!;
  const classes = t?.shape[1];
  if (!t || t.shape.length !== 2 || typeof classes !== "number")
    throw new UsageError({
      code: "bad-output",
      where: `output "${output}"`,
      problem: t ? "is not [n, classes]" : "does not exist",
      expected: t ? undefined : [...graph.outputs.keys()].join(", "),
      got: t && formatType(t),
      remedy: "Name the output that holds the logits",
    });
  return { ...t, classes };
}

/** The training graph of each phase, made when it is asked for. */
export function phased(graph: Graph, loss: Loss, rule: UpdateRule, lr: number, output: string): (phase: Phase) => Graph {
  const made = new Map<string, Graph>();
  return ({ observers, batchNorm }) => {
    const key = `${observers} ${batchNorm}`;
    const frozen = (): Graph =>
      evaluation(graph, [...(observers ? (["observer"] as const) : []), ...(batchNorm ? (["buffer"] as const) : [])]);
    const training = made.get(key) ?? trainingGraph(observers || batchNorm ? frozen() : graph, loss, rule, lr, output);
    made.set(key, training);
    return training;
  };
}

/**
 * One graph that does a whole training step: forward, loss, gradients, optimizer, observers, metrics, checks. It has no
 * outputs: a step reads nothing back. Loss and correct answers gather in states; what is not finite is noted there.
 */
export function trainingGraph(graph: Graph, loss: Loss, rule: UpdateRule, lr: number, output: string): Graph {
  const parameters = parametersOf(graph);
  if (parameters.length === 0)
    throw new UsageError({
      code: "no-parameters",
      where: "trainer",
      problem: "the graph has no parameters",
      remedy: "Train the graph that trace or prepareQat returned, not a converted one",
    });
  const b = startFrom(graph);
  b.input(names.labels, i32([logitsType(graph, output).shape[0]!]));
  for (const node of graph.nodes) b.add(node);
  const inputs = { logits: graph.outputs.get(output), labels: names.labels };
  const mean = b.emit(loss.op, inputs, { ...loss.attrs, reduction: "mean" }, names.loss);
  // The sum is gathered besides the mean, so that a smaller last batch counts by its size.
  const sum = b.emit(loss.op, inputs, { ...loss.attrs, reduction: "sum" }, `${names.loss}.sum`);
  const totals = {
    lossTotal: b.state(names.lossTotal, "metric", scalar("f32", 0)),
    correctTotal: b.state(names.correctTotal, "metric", scalar("i32", 0)),
  };
  const next = b.emit(accumulate, { loss: sum.loss, correct: sum.correct, ...totals }, {}, "train.totals");
  b.update(totals.lossTotal, next.lossTotalOut!);
  b.update(totals.correctTotal, next.correctTotalOut!);
  const withLoss = finish(b, { ...graph, outputs: new Map([[names.loss, mean.loss!]]) });

  const withGradients = gradient(withLoss, names.loss, parameters);
  const learning = optimize(withGradients, rule, lr);
  // In the order of cause and effect: the first one that is bad in a step is the one to name.
  const watched = [
    ...graph.inputs.filter((v) => graph.types.get(v)!.dtype === "f32").map((v) => [v, v] as const),
    ...graph.nodes.filter((n) => n.op.quantizer).map((n) => [`${n.inputs.x}.scale`, n.inputs.scale!] as const),
    ["loss", sum.loss!] as const,
    ...parameters.map((p) => [gradientName(p), withGradients.outputs.get(gradientName(p))!] as const),
    // As the step leaves them; what they begin with is looked at on the host.
    ...parameters.map((p) => [p, learning.updates.get(p)!] as const),
  ];
  return prune({ ...watchFinite(learning, watched), outputs: new Map() });
}
