/**
 * Files of QDQ form in integers: an operator of which every input comes from a DequantizeLinear and whose output goes to a
 * QuantizeLinear becomes the operator of integers that computes the same. The QuantizeLinear alone is replaced; what nobody
 * needs any more is dropped with everything else that is unused. Operators that only pick elements pick integers.
 */
import { f32 } from "../numerics/index.ts";
import type { Attribute, OnnxGraph, OnnxModel, OnnxNode } from "./model.ts";
import type { OnnxTensor } from "./tensor.ts";

const MS = "com.microsoft";

/** The integer behind a DequantizeLinear, with the names of its scale and zero point. */
type Triple = readonly [value: string, scale: string, zeroPoint: string];

/** Operators that pick elements of their first input: of integers they pick the same. */
const pickers = new Set(["Flatten", "Identity", "MaxPool", "Reshape", "Squeeze", "Transpose", "Unsqueeze"]);

class Pairs {
  readonly #graph: OnnxGraph;
  readonly #makers = new Map<string, OnnxNode>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    for (const node of graph.nodes) this.note(node);
  }

  note(node: OnnxNode): void {
    for (const output of node.outputs) this.#makers.set(output, node);
  }

  /** An operator that picks elements of what was dequantized picks integers instead, and dequantizes afterwards. */
  moved(node: OnnxNode): readonly OnnxNode[] {
    const [x, ...rest] = node.inputs;
    const triple = node.domain === "" && pickers.has(node.type) && node.outputs.length === 1 ? this.triple(x) : undefined;
    if (!triple || this.known(triple[1])!.data.length !== 1) return [node];
    let integers = `${node.outputs[0]!}.integers`;
    while (this.#makers.has(integers) || this.known(integers) || this.#graph.inputs.some((i) => i.name === integers)) integers += "'";
    const picked = { ...node, inputs: [triple[0], ...rest], outputs: [integers] };
    const inputs = [integers, triple[1], triple[2]];
    const dequantized = { ...node, type: "DequantizeLinear", inputs, attributes: new Map<string, Attribute>() };
    this.note(picked);
    this.note(dequantized);
    return [picked, dequantized];
  }

  maker(value: string | undefined, ...types: readonly string[]): OnnxNode | undefined {
    const node = value === undefined ? undefined : this.#makers.get(value);
    return node?.domain === "" && types.includes(node.type) ? node : undefined;
  }

  known(name: string): OnnxTensor | undefined {
    return this.#graph.initializers.get(name);
  }

  /** What a float value was before it was dequantized. */
  triple(value: string | undefined): Triple | undefined {
    const [x, scale, zero] = this.maker(value, "DequantizeLinear")?.inputs ?? [];
    const type = this.known(zero ?? "")?.type;
    return x && scale && zero && this.known(scale) && (type === "int8" || type === "uint8") ? [x, scale, zero] : undefined;
  }

  /** The same for weights, whose channels are along `axis` where they have scales of their own. */
  weight(value: string | undefined, axis: number): Triple | undefined {
    const triple = this.triple(value);
    const given = this.maker(value, "DequantizeLinear")?.attributes.get("axis")?.value ?? 1;
    const scales = triple && this.known(triple[1])!;
    return scales && this.known(triple[0]) && (scales.data.length === 1 || given === axis) ? triple : undefined;
  }

  sameContents(a: string, b: string): boolean {
    const [x, y] = [this.known(a)?.data, this.known(b)?.data];
    return a === b || (x !== undefined && y !== undefined && x.length === y.length && x.every((v, i) => v === y[i]));
  }

  /** The integers of a bias whose scales are those of the sums; "" without a bias, undefined where they do not fit. */
  bias(value: string | undefined, x: Triple, w: Triple): string | undefined {
    if (!value) return "";
    const [q, scale, zero] = this.maker(value, "DequantizeLinear")?.inputs ?? [];
    const [scales, xs, ws] = [this.known(scale ?? ""), this.known(x[1])!.data[0]!, this.known(w[1])!.data];
    if (!q || this.known(q)?.type !== "int32" || !scales || (zero && this.known(zero)?.data.some((z) => z !== 0))) return undefined;
    const fits = scales.data.every((s, c) => Math.abs(s - f32(xs * ws[ws.length === 1 ? 0 : c]!)) <= 1e-6 * s);
    return fits ? q : undefined;
  }

  /** The operator whose result a QuantizeLinear stores: a Relu or Clip at the end of its range changes nothing. */
  producer({ inputs: [value, scale, zero] }: OnnxNode): OnnxNode | undefined {
    const made = value === undefined ? undefined : this.#makers.get(value);
    const z = this.known(zero ?? "");
    const clamp = this.maker(value, "Relu", "Clip");
    if (!clamp || !z || z.data[0] !== (z.type === "int8" ? -128 : 0)) return clamp ? undefined : made;
    const [, low, high] = clamp.inputs;
    const top = 255 * this.known(scale!)!.data[0]!;
    const most = high ? (this.known(high)?.data[0] ?? 0) : Infinity;
    const isWide = clamp.type === "Relu" || (this.known(low ?? "")?.data[0] === 0 && most >= top);
    return isWide ? this.#makers.get(clamp.inputs[0]!) : undefined;
  }

  /** The node of integers in place of this QuantizeLinear; undefined where there is none. */
  joined(q: OnnxNode): OnnxNode | undefined {
    const [, scale, zero] = q.inputs;
    if (!scale || !zero || !this.known(scale) || !this.known(zero)) return undefined;
    const node = this.producer(q);
    if (!node || node.domain !== "") return undefined;
    const y = [scale, zero];
    const made = (type: string, inputs: readonly string[], domain = "", attributes = node.attributes): OnnxNode => ({
      where: `${type} in place of ${node.where}`,
      type,
      domain,
      inputs,
      outputs: q.outputs,
      attributes,
    });
    if (node.type === "DequantizeLinear") {
      const same = this.triple(q.inputs[0]);
      const isSame = same && this.sameContents(same[1], scale) && this.sameContents(same[2], zero);
      return isSame && this.known(scale)!.data.length === 1 ? made("Identity", [same[0]], "", new Map()) : undefined;
    }
    const x = this.triple(node.inputs[0]);
    if (!x) return undefined;
    const number = (name: string, fallback: number): unknown => node.attributes.get(name)?.value ?? fallback;
    switch (node.type) {
      case "Conv": {
        const w = this.weight(node.inputs[1], 0);
        const bias = w && this.bias(node.inputs[2], x, w);
        return bias === undefined ? undefined : made("QLinearConv", [...x, ...w!, ...y, ...(bias ? [bias] : [])]);
      }
      case "Gemm": {
        const w = this.weight(node.inputs[1], number("transB", 0) === 0 ? 1 : 0);
        const bias = w && this.bias(node.inputs[2], x, w);
        if (bias === undefined || number("alpha", 1) !== 1 || number("beta", 1) !== 1) return undefined;
        const attributes = new Map([...node.attributes].filter(([name]) => name.startsWith("trans")));
        return made("QGemm", [...x, ...w!, bias, ...y], MS, attributes);
      }
      case "MatMul": {
        const w = this.weight(node.inputs[1], 1);
        return w && made("QLinearMatMul", [...x, ...w, ...y]);
      }
      case "Add":
      case "Mul": {
        const b = this.triple(node.inputs[1]);
        return b && made(`QLinear${node.type}`, [...x, ...b, ...y], MS);
      }
      case "Concat": {
        const parts = node.inputs.map((part) => this.triple(part));
        return parts.every((p) => p !== undefined) ? made("QLinearConcat", [...y, ...parts.flat()], MS) : undefined;
      }
      case "AveragePool":
        return number("ceil_mode", 0) === 0 ? made("QLinearAveragePool", [...x, ...y], MS) : undefined;
      case "Sigmoid":
      case "LeakyRelu":
        return made(`QLinear${node.type}`, [...x, ...y], MS);
      case "GlobalAveragePool":
        return made("QLinearGlobalAveragePool", [...x, ...y], MS);
      default:
        return undefined;
    }
  }
}

/** The model with operators of integers where pairs of QuantizeLinear and DequantizeLinear stand around them. */
export function joinPairs(model: OnnxModel): OnnxModel {
  const pairs = new Pairs(model.graph);
  const nodes = model.graph.nodes
    .flatMap((node) => pairs.moved(node))
    .map((node) => (node.type === "QuantizeLinear" && node.domain === "" ? (pairs.joined(node) ?? node) : node));
  return { ...model, opsets: new Map([[MS, 1], ...model.opsets]), graph: { ...model.graph, nodes } };
}
