/** The flow from a float graph to a prepared one, and from data to the ranges in it. */
import { DataError, QuantizationError } from "../errors.ts";
import type { Backend, Inputs } from "../backend/backend.ts";
import { withStates, type Graph, type GraphNode } from "../graph/index.ts";
import { fakeQuantize } from "../ops/fakeQuantize.ts";
import { observe } from "../ops/observe.ts";
import type { OpDef } from "../ops/op.ts";
import {
  evaluation,
  firstBad,
  foldBatchNorm,
  fuseActivation,
  insertQuantizers,
  trainFolded,
  unitLayers,
  watched,
  watchFinite,
  type NodeQuantization,
} from "../passes/index.ts";
import { minMax, movingAverage, resolve, type QConfig, type QConfigMapping } from "./qconfig.ts";

/**
 * For post-training quantization: observers that only watch. Batch normalization is folded into the layer before it (where
 * there is none, into a depthwise 1 x 1 convolution of its own), dropout is gone: the net is the one that will be deployed. Run data through it with `calibrate`, then `convert`.
 */
export function prepare(graph: Graph, config: QConfig | QConfigMapping): Graph {
  const { layered, chosen } = withUnitLayers(graph, resolve(expectFloat(graph), config, minMax()));
  const together = belongTogether(chosen);
  return insert(fuseActivation(foldBatchNorm(evaluation(layered, ["buffer", "random"]), together), together), observe, chosen);
}

/**
 * For quantization-aware training: fake quantization with ranges that follow the training. A layer with batch normalization
 * behind it trains with the weights that it will have when the two are folded. Train it, then `convert`.
 */
export function prepareQat(graph: Graph, config: QConfig | QConfigMapping): Graph {
  const { layered, chosen } = withUnitLayers(graph, resolve(expectFloat(graph), config, movingAverage()));
  const together = belongTogether(chosen);
  const folded = trainFolded(fuseActivation(layered, together), (layer, norm) => Boolean(chosen.get(layer.name)) && together(layer, norm));
  return insert(folded, fakeQuantize, chosen);
}

type Chosen = ReadonlyMap<string, NodeQuantization | null>;

/**
 * Whether two nodes may become one: a quantized layer keeps apart what shall stay float behind it; a float layer can take
 * along anything.
 */
const belongTogether =
  (chosen: Chosen) =>
  (layer: GraphNode, after: GraphNode): boolean =>
    !chosen.get(layer.name) || Boolean(chosen.get(after.name));

/** What the config says of a normalization holds for all that `unitLayers` makes of it. */
function withUnitLayers(graph: Graph, chosen: Chosen): { readonly layered: Graph; readonly chosen: Chosen } {
  const layered = unitLayers(graph, (norm) => Boolean(chosen.get(norm.name)));
  const made = layered.nodes.filter((n) => !chosen.has(n.name));
  return { layered, chosen: new Map([...chosen, ...made.map((n) => [n.name, chosen.get(n.name.replace(/\.[^.]*$/, ""))!] as const)]) };
}

function expectFloat(graph: Graph): Graph {
  if (isPrepared(graph))
    throw new QuantizationError({
      code: "already-prepared",
      where: "prepare",
      problem: "the graph has observers already",
      remedy: "Prepare the float graph",
    });
  return graph;
}

function insert(graph: Graph, quantizer: OpDef, chosen: Chosen): Graph {
  const prepared = insertQuantizers(graph, quantizer, (node) => chosen.get(node.name) ?? null);
  if (!isPrepared(prepared))
    throw new QuantizationError({
      code: "nothing-to-quantize",
      where: "prepare",
      problem: "no node is quantized by this qconfig",
      got: graph.nodes.map((n) => `${n.name} (${n.op.name})`).join(", ") || "a graph without nodes",
      remedy: "Choose a qconfig whose rules match nodes that can be quantized",
    });
  return prepared;
}

export const isPrepared = (graph: Graph): boolean => graph.nodes.some((n) => n.op.quantizer);

/**
 * Runs the batches through a prepared graph and returns it with the ranges that they left. What a batch holds besides the
 * graph's inputs (labels) is ignored, so that training batches serve.
 * @throws DataError when there is no batch, or when a value is NaN or infinite in one
 */
export async function calibrate(graph: Graph, batches: Iterable<Inputs> | AsyncIterable<Inputs>, backend: Backend): Promise<Graph> {
  if (!isPrepared(graph))
    throw new QuantizationError({
      code: "not-prepared",
      where: "calibrate",
      problem: "the graph has no observers",
      remedy: "Use prepare(graph, qconfig) first",
    });
  // Only ranges are wanted: nothing is read out, and no parameter may change.
  const observed = { ...evaluation(graph, ["parameter", "optimizer", "metric", "buffer", "random"]), outputs: new Map<string, string>() };
  const observers = [...observed.updates.keys()].filter((s) => observed.states.get(s)!.role === "observer");
  const values = [
    ...graph.inputs.filter((v) => graph.types.get(v)!.dtype === "f32"),
    ...observed.nodes.filter((n) => n.op.quantizer).map((n) => n.inputs.x!),
  ];
  const watching = watchFinite(
    observed,
    values.map((v) => [v, v]),
  );
  const run = await backend.compile(watching);
  try {
    let count = 0;
    for await (const batch of batches) {
      await run.step(Object.fromEntries(graph.inputs.map((name) => [name, batch[name]!])));
      count++;
    }
    if (count === 0) throw new DataError({ code: "no-data", where: "calibrate", problem: "the calibration set holds no batch" });
    const states = await run.readStates([...observers, ...watched(watching)]);
    const bad = firstBad(states);
    if (bad)
      throw new DataError({
        code: "not-finite",
        where: `calibrate, value "${bad.label}"`,
        problem: `holds NaN or Inf in batch ${bad.step}`,
        remedy: "Remove such samples, or find the weight that causes it",
      });
    return withStates(graph, new Map(observers.map((s) => [s, states.get(s)!])));
  } finally {
    run.dispose();
  }
}
