import { QuantizationError } from "../errors.ts";
import type { Graph } from "../graph/index.ts";
import type { Rounding } from "../ops/op.ts";
import { lower, observerStates } from "../passes/index.ts";
import { isPrepared } from "./prepare.ts";
import { toConsole, type Warn } from "./warning.ts";

export interface ConvertOptions {
  /** How accumulators become 8-bit integers. Default singleHalfUp. */
  readonly rounding?: Rounding;
  /** Gets what is probably not meant. Default: the console. */
  readonly warn?: Warn;
}

/**
 * The integer graph of a prepared graph that was calibrated or trained. Scales and zero points of activations are the
 * stored ones; those of weights follow from the weights as they are now, by the op that training used.
 * @throws QuantizationError when the graph was not prepared or a scale cannot be used
 */
export function convert(graph: Graph, { rounding, warn = toConsole }: ConvertOptions = {}): Graph {
  if (!isPrepared(graph))
    throw new QuantizationError({
      code: "not-prepared",
      where: "convert",
      problem: "the graph has no quantizers",
      remedy: "Use prepare or prepareQat, then calibrate or train",
    });
  warnNeverObserved(graph, warn);
  const lowered = lower(graph, { rounding });
  const done = new Set(lowered.layers.map((l) => l.node.name));
  const kept = graph.nodes.filter((n) => n.op.quantization === "own" && n.attrs.quantize !== false && !done.has(n.name));
  if (kept.length > 0)
    warn({
      code: "float-island",
      message: `${kept.map((n) => `${n.op.name} "${n.name}"`).join(", ")} stays float: it has no integer form here`,
    });
  return lowered.graph;
}

/** Values whose observer saw no data: their scale is 1 and their zero point 0. */
export const neverObserved = (graph: Graph): readonly string[] =>
  graph.nodes
    .filter((n) => n.op.quantizer)
    .flatMap((n) => {
      const v = n.inputs.x!;
      const { min, max } = observerStates(v);
      const [low, high] = [graph.states.get(min)?.tensor.data[0], graph.states.get(max)?.tensor.data[0]];
      return low !== undefined && high !== undefined && !(low <= high) ? [v] : [];
    });

export function warnNeverObserved(graph: Graph, warn: Warn): void {
  const values = neverObserved(graph);
  if (values.length > 0)
    warn({
      code: "never-observed",
      message: `${values.map((v) => `"${v}"`).join(", ")} never observed: scale 1 and zero point 0 are used. Calibrate or train before converting or evaluating`,
    });
}
