import { QuantizationError } from "../errors.ts";
import { GraphBuilder, nodeWhere, prune, type Graph, type GraphNode } from "../graph/index.ts";
import { quantizeTensor, raiseWeightScale } from "../numerics/index.ts";
import { dequantize } from "../ops/dequantize.ts";
import type { Lowering, Qparams, Quantized, Rounding, Value } from "../ops/op.ts";
import { quantize } from "../ops/quantize.ts";
import { copyOf, type Tensor } from "../tensor/index.ts";
import { evaluation } from "./evaluation.ts";
import { foldBatchNorm } from "./foldBatchNorm.ts";
import { foldConstants, statesToConstants } from "./foldConstants.ts";
import { isLeftFloat } from "./insertQuantizers.ts";
import { inputNames, producersOf, readersOf, renameInputs } from "./readers.ts";
import { unifiedWith } from "./unifyScales.ts";

export interface LowerOptions {
  readonly rounding?: Rounding;
  /**
   * Cut the net into its integer nodes: every one reads graph inputs `<value>.q` and its integers are the graph output
   * `<value>`, so that each can be fed what the prepared graph fed it.
   */
  readonly isolate?: boolean;
}

export interface Lowered {
  readonly graph: Graph;
  /** For values of the prepared graph: what they are in integers. */
  readonly qparams: ReadonlyMap<Value, Qparams>;
  /** Nodes of the prepared graph that became integer, with the value each makes. */
  readonly layers: readonly { readonly node: GraphNode; readonly value: Value }[];
}

/**
 * A prepared graph once it learns no more: all that follows from stored tensors, scales among it, is computed here; what
 * quantizers mark stays marked.
 */
export const settle = (graph: Graph): Graph => foldConstants(statesToConstants(evaluation(graph)), (node) => !node.op.quantizer);

/**
 * The integer form of a prepared graph (insertQuantizers). Stored scales and zero points are read, weights are quantized
 * and packed, biases become i32; the ops themselves emit their integer forms (`lower`). An op that cannot, or that was
 * left float, stays between dequantize and quantize.
 * @throws QuantizationError for a scale or zero point that cannot be used
 */
export function lower(graph: Graph, { rounding = "singleHalfUp", isolate = false }: LowerOptions = {}): Lowered {
  const prepared = foldBatchNorm(settle(graph));
  const producers = producersOf(prepared);
  const constants = prepared.constants;
  const quantizers = new Map(prepared.nodes.filter((n) => n.op.quantizer).map((n) => [n.inputs.x!, n]));
  const unified = unifiedWith(prepared, readersOf(prepared), (node) => !isLeftFloat(node));
  /** The quantizer that says what the value is in integers: behind it, or behind what unifies its scale with others. */
  const quantizerOf = (v: Value): GraphNode | undefined => quantizers.get(v) ?? quantizers.get(unified(v) ?? "");
  const integers = new Map<Value, Quantized>();
  const floats = new Map<Value, Value>();
  const qparams = new Map<Value, Qparams>();
  const layers: { node: GraphNode; value: Value }[] = [];
  const held = new Map<Value, { readonly scale: Value; readonly zeroPoint: Value }>();

  const b = new GraphBuilder();
  if (!isolate)
    for (const v of prepared.inputs) {
      b.input(v, prepared.types.get(v)!);
      floats.set(v, v);
    }

  for (const node of prepared.nodes) {
    const made = Object.values(node.outputs)[0]!;
    if (node.op.quantizer) mark(node, made);
    else if (canLower(node)) setInteger(made, node.op.lower!(b, node, loweringOf(node, made)), node);
    else if (!isolate) {
      b.add(renameInputs(node, floatOf));
      for (const v of Object.values(node.outputs)) floats.set(v, v);
    }
  }
  if (!isolate) for (const [name, v] of prepared.outputs) b.output(name, floatOf(v));
  return { graph: foldConstants(prune(b.build())), qparams, layers };

  /** A quantizer: the integers of what it reads, where these exist already; else they are made here. */
  function mark(node: GraphNode, made: Value): void {
    const v = node.inputs.x!;
    const q = qparamsOf(node);
    qparams.set(made, q);
    if (integers.has(v)) return void integers.set(made, integers.get(v)!);
    const known = constants.get(v);
    if (known) {
      if (node.attrs.axis !== null) return; // a weight: the node that reads it packs it
      const stored = quantizeTensor(q.dtype, known as Tensor<"f32">, q, null);
      integers.set(made, { value: b.constant(stored, `${v}.q`), qparams: q });
    } else if (isolate) integers.set(made, { value: cut(v, q), qparams: q });
    else {
      const { quantMin, quantMax, dtype } = q;
      const inputs = { x: floatOf(v), ...constantsOf(v, q) };
      const value = b.emit(quantize, inputs, { dtype, quantMin, quantMax, axis: null, rounding: "reciprocal" }, `${v}.quantize`).y!;
      integers.set(made, { value, qparams: q });
    }
  }

  function setInteger(made: Value, result: Quantized, node: GraphNode): void {
    layers.push({ node, value: made });
    qparams.set(made, result.qparams);
    if (isolate) b.output(made, result.value);
    integers.set(made, isolate ? { value: cut(made, result.qparams), qparams: result.qparams } : result);
  }

  function cut(v: Value, q: Qparams): Value {
    return b.input(`${v}.q`, { dtype: q.dtype, shape: prepared.types.get(v)!.shape });
  }

  function canLower(node: GraphNode): boolean {
    if (!node.op.lower || isLeftFloat(node)) return false;
    const weights = node.op.weights ?? [];
    const isStatic = (v: Value): boolean => constants.has(v);
    const ready = inputNames(node.op).every((key) => {
      const v = node.inputs[key];
      if (v === undefined) return true;
      const isActivation = weights.length === 0 && prepared.types.get(v)!.dtype === "f32";
      if (!weights.includes(key)) return integers.has(v) || (!isActivation && isStatic(v));
      const source = producers.get(v);
      return source?.op.quantizer === true && isStatic(source.inputs.x!);
    });
    return ready && (node.op.quantization === "sharesInput" || quantizerOf(Object.values(node.outputs)[0]!) !== undefined);
  }

  function loweringOf(node: GraphNode, made: Value): Lowering {
    const input = (name: string): Quantized => integers.get(node.inputs[name]!)!;
    const activation = inputNames(node.op).find((key) => integers.has(node.inputs[key] ?? ""))!;
    const output = node.op.quantization === "own" ? qparamsOf(quantizerOf(made)!) : input(activation).qparams;
    return {
      rounding,
      input,
      weight: (name) => quantizedWeight(node, name, input(activation).qparams.scale.data[0]!, output.scale.data[0]!),
      constant: (name) => constants.get(node.inputs[name] ?? ""),
      output,
    };
  }

  /**
   * A weight in integers; its scale is raised where the node's bias would not fit i32 at s_x * s_w. A bias that stays float
   * fits anywhere, but a multiplier below 2^-32 would make nothing of it.
   */
  function quantizedWeight(node: GraphNode, name: string, xScale: number, yScale: number): ReturnType<Lowering["weight"]> {
    const marker = producers.get(node.inputs[name]!)!;
    const float = constants.get(marker.inputs.x!) as Tensor<"f32">;
    const chosen = qparamsOf(marker);
    const axis = marker.attrs.axis as number | null;
    const biases = inputNames(node.op)
      .filter((key) => !node.op.weights!.includes(key))
      .flatMap((key) => constants.get(node.inputs[key] ?? "") ?? []);
    const raised = copyOf(chosen.scale);
    const scale = raised.data;
    for (const bias of biases)
      bias.data.forEach((value, c) => {
        const at = scale.length === 1 ? 0 : c;
        if (rounding !== "floatBias") scale[at] = raiseWeightScale(scale[at]!, xScale, value);
        else if (value !== 0) scale[at] = raiseWeightScale(scale[at]!, xScale, yScale, 2 ** 32);
      });
    const q: Qparams = { ...chosen, scale: raised };
    return { tensor: quantizeTensor(q.dtype, float, q, axis) as Tensor<"i8"> | Tensor<"u8">, qparams: q };
  }

  function qparamsOf(node: GraphNode): Qparams {
    const v = node.inputs.x!;
    const [scale, zeroPoint] = [constants.get(node.inputs.scale!), constants.get(node.inputs.zeroPoint!)];
    const { quantMin, quantMax } = node.attrs as { quantMin: number; quantMax: number };
    const refuse = (problem: string, got?: string): never => {
      throw new QuantizationError({
        code: "bad-qparams",
        where: nodeWhere(node.op, node.name),
        problem: `${problem} of "${v}"`,
        got,
        remedy: "Calibrate or train with data in which no value is NaN or infinite",
      });
    };
    if (!scale || !zeroPoint) return refuse("scale and zero point must be known when the graph is converted: those");
    const bad = scale.data.findIndex((s) => !(s >= 2 ** -126 && s < Infinity));
    if (bad >= 0) refuse("a scale must be a positive, normal, finite number: that", String(scale.data[bad]));
    if (zeroPoint.dtype !== "i32") refuse("a zero point must be an integer: that", `an ${zeroPoint.dtype} one`);
    const off = zeroPoint.data.findIndex((z) => z < quantMin || z > quantMax);
    if (off >= 0) refuse(`a zero point must lie in ${quantMin}..${quantMax}: that`, String(zeroPoint.data[off]));
    return { dtype: quantMin < 0 ? "i8" : "u8", scale: scale as Tensor<"f32">, zeroPoint: zeroPoint as Tensor<"i32">, quantMin, quantMax };
  }

  /** The float form of a value, dequantized once where only integers of it exist. */
  function floatOf(v: Value): Value {
    const known = floats.get(v);
    if (known !== undefined) return known;
    const constant = constants.get(v);
    const q = integers.get(v);
    const marker = producers.get(v);
    const stem = marker?.op.quantizer ? marker.inputs.x! : v;
    let value: Value;
    if (constant) value = b.constant(constant, v);
    else if (q) value = b.emit(dequantize, { x: q.value, ...constantsOf(stem, q.qparams) }, { axis: null }, `${stem}.dequantize`).y!;
    else {
      // A quantized weight that a node reads which stays float: its values on the grid.
      const chosen = qparamsOf(marker!);
      const axis = marker!.attrs.axis as number | null;
      const stored = quantizeTensor(chosen.dtype, constants.get(stem) as Tensor<"f32">, chosen, axis);
      value = b.emit(dequantize, { x: b.constant(stored, stem), ...constantsOf(stem, chosen) }, { axis }, `${stem}.dequantize`).y!;
    }
    floats.set(v, value);
    return value;
  }

  /** Scale and zero point of a value, held once however many nodes read them. */
  function constantsOf(v: Value, { scale, zeroPoint }: Qparams): { readonly scale: Value; readonly zeroPoint: Value } {
    const known = held.get(v) ?? { scale: b.constant(scale, `${v}.scale`), zeroPoint: b.constant(zeroPoint, `${v}.zeroPoint`) };
    held.set(v, known);
    return known;
  }
}
