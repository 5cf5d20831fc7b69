import { QuantizationError } from "../errors.ts";
import type { Graph } from "../graph/index.ts";
import type { Rounding } from "../ops/op.ts";
import { lower, toConsole, warnNeverObserved, type Warn } from "../passes/index.ts";
import { isPrepared } from "./prepare.ts";

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
