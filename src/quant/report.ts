/** "What you trained is what you deploy", measured: a prepared graph against the integer graph made of it. */
import { DataError, QuantizationError } from "../errors.ts";
import type { Backend, Inputs, Outputs } from "../backend/backend.ts";
import { finish, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import { dequantize } from "../numerics/index.ts";
import { fakeQuantize } from "../ops/fakeQuantize.ts";
import { observe } from "../ops/observe.ts";
import type { OpDef, Qparams, Rounding, Value } from "../ops/op.ts";
import { quantize } from "../ops/quantize.ts";
import { lower, settle, type Lowered } from "../passes/index.ts";
import { floatNodes } from "./convert.ts";
import { isPrepared } from "./prepare.ts";

export interface LayerReport {
  readonly name: string;
  /** The op in the prepared graph. */
  readonly op: string;
  /** Fed the prepared graph's own integers: largest difference of an output, in steps of its scale. */
  readonly maxStep: number;
  /** Share of its outputs that differ then. */
  readonly differing: number;
  /** Largest difference in steps when the whole integer net runs, so that differences of earlier layers add up. */
  readonly netMaxStep: number;
  /** Signal to quantization noise in dB: the same net without quantization against the integer net. */
  readonly sqnr: number;
}

export interface DeploymentReport {
  readonly layers: readonly LayerReport[];
  /** Largest `maxStep` of a layer: 1 or less means that every layer does what was trained. */
  readonly largestStep: number;
  readonly largestNetStep: number;
  /** Share of samples for which prepared and integer net have the same largest logit. */
  readonly agreement: number;
  readonly samples: number;
  /** Nodes that stayed float. */
  readonly floatNodes: readonly string[];
  toString(): string;
}

export interface ReportOptions {
  /** The graph's output that is compared for agreement. Default `logits`. */
  readonly output?: string;
  /** What `convert` was given. */
  readonly rounding?: Rounding;
}

/**
 * Runs the batches (or a single one) through the prepared graph with quantization simulated in float, each integer layer
 * by itself, the whole converted net, and the net without quantization.
 * @throws DataError without a batch, QuantizationError when the graphs do not belong together
 */
export async function report(
  prepared: Graph,
  converted: Graph,
  batches: Inputs | Iterable<Inputs> | AsyncIterable<Inputs>,
  backend: Backend,
  { output = "logits", rounding }: ReportOptions = {},
): Promise<DeploymentReport> {
  if (!isPrepared(prepared))
    throw new QuantizationError({
      code: "not-prepared",
      where: "report",
      problem: "the graph has no quantizers",
      remedy: "Give the graph that was calibrated or trained",
    });
  const cut = lower(prepared, { rounding, isolate: true });
  const alien = cut.layers.find((l) => converted.types.get(l.value)?.dtype !== cut.qparams.get(l.value)!.dtype);
  if (alien)
    throw new QuantizationError({
      code: "other-graph",
      where: "report",
      problem: `the converted graph has no integer "${alien.value}"`,
      remedy: "Give convert(prepared)",
    });
  const values = [...new Set([...cut.graph.inputs.map((v) => v.slice(0, -".q".length)), ...cut.layers.map((l) => l.value)])];
  // A GPU's roots and quotients may be a bit off; the weights simulated are the very ones that convert quantizes.
  const settled = settle(prepared);
  const graphs = {
    simulated: integersOf(withQuantizer(settled, fakeQuantize), values, cut),
    layers: cut.graph,
    net: withOutputs(
      converted,
      cut.layers.map((l) => l.value),
    ),
    float: withOutputs(
      withQuantizer(settled, observe),
      cut.layers.map((l) => l.value),
    ),
  };
  const runs = await Promise.all(Object.values(graphs).map((g) => backend.compile(g)));
  const [simulated, layers, net, float] = runs as [(typeof runs)[0], (typeof runs)[0], (typeof runs)[0], (typeof runs)[0]];
  const tallies = new Map(cut.layers.map((l) => [l.value, new Tally(cut.qparams.get(l.value)!)]));
  let [agreeing, samples] = [0, 0];
  try {
    for await (const batch of isOne(batches) ? [batches] : batches) {
      const inputs = Object.fromEntries(prepared.inputs.map((name) => [name, batch[name]!]));
      const trained = await simulated(inputs);
      const isolated = await layers(Object.fromEntries(cut.graph.inputs.map((v) => [v, trained[`${PREFIX}${v.slice(0, -".q".length)}`]!])));
      const [whole, real] = [await net(inputs), await float(inputs)];
      for (const [value, tally] of tallies)
        tally.add(trained[PREFIX + value]!.data, isolated[value]!.data, whole[PREFIX + value]!.data, real[PREFIX + value]!.data);
      const [a, b] = [rowMaxima(trained, output), rowMaxima(whole, output)];
      agreeing += a.filter((v, i) => v === b[i]).length;
      samples += a.length;
    }
  } finally {
    runs.forEach((r) => r.dispose());
  }
  if (samples === 0) throw new DataError({ code: "no-data", where: "report", problem: "there is no batch to compare on" });
  const rows = cut.layers.map((l) => ({ name: l.node.name, op: l.node.op.name, ...tallies.get(l.value)!.result() }));
  return {
    layers: rows,
    largestStep: Math.max(0, ...rows.map((l) => l.maxStep)),
    largestNetStep: Math.max(0, ...rows.map((l) => l.netMaxStep)),
    agreement: agreeing / samples,
    samples,
    floatNodes: floatNodes(converted),
    toString: print,
  };
}

const isOne = (batches: Inputs | Iterable<Inputs> | AsyncIterable<Inputs>): batches is Inputs =>
  !(Symbol.iterator in batches || Symbol.asyncIterator in batches);

const PREFIX = "report.";

/** The graph with all its quantizers replaced by another: `fakeQuantize` simulates, `observe` leaves values as they are. */
function withQuantizer(graph: Graph, op: OpDef): Graph {
  const b = startFrom(graph);
  for (const node of graph.nodes) b.add(node.op.quantizer ? { ...node, op } : node);
  return finish(b, graph);
}

function withOutputs(graph: Graph, values: readonly Value[]): Graph {
  return { ...graph, outputs: new Map([...graph.outputs, ...values.map((v) => [PREFIX + v, v] as const)]) };
}

/** Adds the integers behind fake-quantized values as outputs. Those lie on the grid, so that rounding cannot err. */
function integersOf(graph: Graph, values: readonly Value[], { qparams }: Lowered): Graph {
  const quantizers = new Map<Value, GraphNode>(graph.nodes.filter((n) => n.op.quantizer).map((n) => [n.inputs.x!, n]));
  const b = startFrom(graph);
  for (const node of graph.nodes) b.add(node);
  for (const v of values) {
    const onGrid = quantizers.get(v)?.outputs.y ?? v;
    const { dtype, quantMin, quantMax, scale, zeroPoint } = qparams.get(onGrid)!;
    const inputs = {
      x: onGrid,
      scale: b.constant(scale, `${PREFIX}${v}.scale`),
      zeroPoint: b.constant(zeroPoint, `${PREFIX}${v}.zeroPoint`),
    };
    b.output(PREFIX + v, b.emit(quantize, inputs, { dtype, quantMin, quantMax, axis: null }, PREFIX + v).y!);
  }
  return finish(b, graph);
}

/** What is gathered of one layer over all batches. */
class Tally {
  readonly #scale: number;
  readonly #zeroPoint: number;
  #elements = 0;
  #differing = 0;
  #maxStep = 0;
  #netMaxStep = 0;
  #signal = 0;
  #noise = 0;

  constructor(q: Qparams) {
    this.#scale = q.scale.data[0]!;
    this.#zeroPoint = q.zeroPoint.data[0]!;
  }

  add(trained: ArrayLike<number>, isolated: ArrayLike<number>, net: ArrayLike<number>, float: ArrayLike<number>): void {
    this.#elements += trained.length;
    for (let i = 0; i < trained.length; i++) {
      const step = Math.abs(isolated[i]! - trained[i]!);
      if (step > 0) this.#differing++;
      this.#maxStep = Math.max(this.#maxStep, step);
      this.#netMaxStep = Math.max(this.#netMaxStep, Math.abs(net[i]! - trained[i]!));
      this.#signal += float[i]! ** 2;
      this.#noise += (float[i]! - dequantize(net[i]!, this.#scale, this.#zeroPoint)) ** 2;
    }
  }

  result(): Omit<LayerReport, "name" | "op"> {
    return {
      maxStep: this.#maxStep,
      differing: this.#differing / Math.max(1, this.#elements),
      netMaxStep: this.#netMaxStep,
      sqnr: 10 * Math.log10(this.#signal / this.#noise),
    };
  }
}

/** Index of the largest value of each row of an output [n, classes]. */
function rowMaxima(outputs: Outputs, name: string): number[] {
  const { shape, data } = outputs[name]!;
  const width = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, r) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (data[r * width + i]! > data[r * width + best]!) best = i;
    return best;
  });
}

function print(this: DeploymentReport): string {
  const width = Math.max(5, ...this.layers.map((l) => l.name.length));
  const line = (name: string, op: string, ...cells: string[]): string =>
    `${name.padEnd(width)}  ${op.padEnd(10)} ${cells.map((c) => c.padStart(13)).join("")}`;
  return [
    line("layer", "op", "steps apart", "differing", "in the net", "SQNR"),
    ...this.layers.map((l) =>
      line(
        l.name,
        l.op,
        String(l.maxStep),
        `${(100 * l.differing).toFixed(2)} %`,
        String(l.netMaxStep),
        Number.isFinite(l.sqnr) ? `${l.sqnr.toFixed(1)} dB` : "exact",
      ),
    ),
    `largest difference of a layer by itself ${this.largestStep}, in the whole net ${this.largestNetStep} steps`,
    `same answer for ${(100 * this.agreement).toFixed(2)} % of ${this.samples} samples`,
    this.floatNodes.length > 0 ? `float: ${this.floatNodes.join(", ")}` : "no node in float",
  ].join("\n");
}
