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
  const { graph: int8, layers } = lower(graph, { rounding });
  const islands = floatIslands(int8);
  const done = new Set(layers.map((l) => l.node.name));
  const kept = graph.nodes.filter(
    (n) => !done.has(n.name) && n.attrs.quantize !== false && (n.op.quantization === "own" || islands.includes(n.name)),
  );
  if (kept.length > 0)
    warn({
      code: "float-island",
      message: `${kept.map((n) => `${n.op.name} "${n.name}"`).join(", ")} stays float: it has no integer form here`,
    });
  return int8;
}

const isInteger = (graph: Graph, v: string): boolean => graph.types.get(v)!.dtype === "i8" || graph.types.get(v)!.dtype === "u8";

/** Nodes of a converted graph that compute in float, the borders (quantize, dequantize) left out. */
export const floatNodes = (int8: Graph): readonly string[] =>
  int8.nodes.filter((n) => ![...Object.values(n.inputs), ...Object.values(n.outputs)].some((v) => isInteger(int8, v))).map((n) => n.name);

/** Those of them that stand between integers: what they read was dequantized, what they make is quantized again. */
export function floatIslands(int8: Graph): readonly string[] {
  const [behind, before] = [new Set<string>(), new Set<string>()];
  const some = (values: Readonly<Record<string, string>>, set: ReadonlySet<string>): boolean =>
    Object.values(values).some((v) => isInteger(int8, v) || set.has(v));
  for (const node of int8.nodes) if (some(node.inputs, behind)) Object.values(node.outputs).forEach((v) => behind.add(v));
  for (const node of [...int8.nodes].reverse()) if (some(node.outputs, before)) Object.values(node.inputs).forEach((v) => before.add(v));
  const float = new Set(floatNodes(int8));
  return int8.nodes.filter((n) => float.has(n.name) && some(n.inputs, behind) && some(n.outputs, before)).map((n) => n.name);
}
