import { finish, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import { chooseQparams } from "../ops/chooseQparams.ts";
import { minMax } from "../ops/minMax.ts";
import type { Attrs, OpDef, Value } from "../ops/op.ts";
import { filled, scalar, sizes } from "../tensor/index.ts";
import { normalizedLayers } from "./foldBatchNorm.ts";
import { inputNames, readersOf } from "./readers.ts";
import { unifiedWith } from "./unifyScales.ts";

/** What a quantized tensor may hold. */
export interface QuantizationSpec {
  readonly quantMin: number;
  readonly quantMax: number;
  readonly symmetric: boolean;
}

/** How the range of an activation is found: an op with inputs x, min, max and outputs minOut, maxOut. */
export interface ObserverSpec {
  readonly op: OpDef;
  readonly attrs: Attrs;
}

/** How one node is quantized. */
export interface NodeQuantization {
  readonly weights: QuantizationSpec & { readonly perChannel: boolean };
  readonly activations: QuantizationSpec & { readonly observer: ObserverSpec };
}

/** On a node that stays float although its op has an integer form. */
export const LEFT_FLOAT: Attrs = { quantize: false };
export const isLeftFloat = (node: { readonly attrs: Attrs }): boolean => node.attrs.quantize === false;

/** Names of what is kept for the quantized value `v`. */
export const observerStates = (v: Value) => ({ min: `${v}.min`, max: `${v}.max`, scale: `${v}.scale`, zeroPoint: `${v}.zeroPoint` });

/**
 * Puts a quantizer (an op that marks what becomes integer: `observe`, `fakeQuantize`) behind
 * - every output of a node whose op is quantized on its "own" and for which `choose` gives a quantization,
 * - every float value that such a node reads (graph inputs, outputs of float nodes),
 * - every weight of such a node.
 * Ops that share their input's scale get none: what they pass on lies on the same grid. Nor does what `unifiedWith` finds:
 * it is made on the grid of the op that unifies. A layer that trains folded (`trainFolded`) ends behind its normalization.
 *
 * The range of an activation is gathered in states <v>.min and <v>.max, its scale and zero point follow in <v>.scale and
 * <v>.zeroPoint; the quantizer uses the new ones, that is those of the run in progress. The range of a weight is a
 * function of the weight: it is computed from its present contents wherever it is needed, so that nothing stored can be
 * older than the weight after the last step of the optimizer.
 */
export function insertQuantizers(graph: Graph, quantizer: OpDef, choose: (node: GraphNode) => NodeQuantization | null): Graph {
  const plan = planQuantization(graph, choose);
  const b = startFrom(graph);
  /** Quantized form of a value. */
  const marked = new Map<Value, Value>();
  /** Values of which every reader takes the quantized form: in the converted graph no float form of them exists. */
  const replaced = new Set<Value>();

  for (const node of graph.nodes) {
    const own = plan.own.get(node.name);
    const inputs = Object.entries(node.inputs).map(([key, v]): [string, Value] => {
      if (own && node.op.weights?.includes(key)) return [key, markedWeight(v, own)];
      const q = plan.reads.get(node.name)?.get(key);
      if (q) return [key, plan.quantized.has(v) ? (marked.get(v) ?? v) : markedActivation(v, q)];
      return [key, replaced.has(v) ? marked.get(v)! : v];
    });
    const stays = node.op.quantization !== "float" && !plan.reads.has(node.name);
    b.add({ ...node, inputs: Object.fromEntries(inputs), attrs: stays ? { ...node.attrs, ...LEFT_FLOAT } : node.attrs });
    for (const v of Object.values(node.outputs)) {
      const q = plan.ends.get(v);
      if (!q) continue;
      markedActivation(v, q);
      replaced.add(v);
    }
  }
  return finish(b, graph, (v) => (replaced.has(v) ? marked.get(v)! : v));

  function markedActivation(v: Value, { activations: spec }: NodeQuantization): Value {
    const done = marked.get(v);
    if (done !== undefined) return done;
    const names = observerStates(v);
    const min = b.state(names.min, "observer", scalar("f32", Infinity));
    const max = b.state(names.max, "observer", scalar("f32", -Infinity));
    const scale = b.state(names.scale, "observer", scalar("f32", 1));
    const zeroPoint = b.state(names.zeroPoint, "observer", scalar("i32", 0));
    const range = b.emit(spec.observer.op, { x: v, min, max }, { ...spec.observer.attrs, axis: null }, `${v}.observer`);
    const q = b.emit(chooseQparams, { min: range.minOut, max: range.maxOut }, qparamsAttrs(spec), `${v}.qparams`);
    b.update(min, range.minOut!);
    b.update(max, range.maxOut!);
    b.update(scale, q.scale!);
    b.update(zeroPoint, q.zeroPoint!);
    return mark(v, q, spec, null);
  }

  function markedWeight(v: Value, { weights: spec }: NodeQuantization): Value {
    const done = marked.get(v);
    if (done !== undefined) return done;
    const axis = spec.perChannel ? 0 : null;
    const channels = spec.perChannel ? sizes(graph.types.get(v)!.shape)[0]! : 1;
    const nothing = (name: string, value: number): Value =>
      b.constant(
        filled("f32", [channels], () => value),
        `${v}.${name}`,
      );
    const range = b.emit(minMax, { x: v, min: nothing("noMin", Infinity), max: nothing("noMax", -Infinity) }, { axis }, `${v}.range`);
    const q = b.emit(chooseQparams, { min: range.minOut, max: range.maxOut }, qparamsAttrs(spec), `${v}.qparams`);
    return mark(v, q, spec, axis);
  }

  function mark(v: Value, q: Readonly<Record<string, Value>>, { quantMin, quantMax }: QuantizationSpec, axis: number | null): Value {
    const made = b.emit(
      quantizer,
      { x: v, scale: q.scale, zeroPoint: q.zeroPoint },
      { quantMin, quantMax, axis },
      `${v}.${quantizer.name}`,
    ).y!;
    marked.set(v, made);
    return made;
  }
}

const qparamsAttrs = ({ quantMin, quantMax, symmetric }: QuantizationSpec): Attrs => ({ quantMin, quantMax, symmetric });

interface Plan {
  /** Nodes that compute in integers and requantize, by name. */
  readonly own: ReadonlyMap<string, NodeQuantization>;
  /** Their outputs that get a quantizer. */
  readonly ends: ReadonlyMap<Value, NodeQuantization>;
  /** Which inputs of a node are read in quantized form, and how they are quantized where they are float so far. */
  readonly reads: ReadonlyMap<string, ReadonlyMap<string, NodeQuantization>>;
  /** Values that exist as integers by the node that makes them. */
  readonly quantized: ReadonlySet<Value>;
}

function planQuantization(graph: Graph, choose: (node: GraphNode) => NodeQuantization | null): Plan {
  const isStatic = staticValues(graph);
  const own = new Map<string, NodeQuantization>();
  const chosen = new Map<string, NodeQuantization>();
  for (const node of graph.nodes) {
    const q = node.op.quantization === "float" ? null : choose(node);
    // What computes a weight is no layer of the net, and a weight that depends on the input cannot be packed beforehand; nor are
    // indices known then.
    const fixed = Object.entries(node.inputs).filter(([key, v]) => node.op.weights?.includes(key) || graph.types.get(v)!.dtype === "i32");
    if (!q || Object.values(node.outputs).some(isStatic) || !fixed.every(([, v]) => isStatic(v))) continue;
    chosen.set(node.name, q);
    if (node.op.quantization === "own") own.set(node.name, q);
  }
  /** With weights, other static inputs are biases and belong to the op; without, every float input is an activation. */
  const activations = (node: GraphNode): readonly string[] =>
    inputNames(node.op).filter((key) => {
      const v = node.inputs[key];
      return v !== undefined && graph.types.get(v)!.dtype === "f32" && !(node.op.weights && isStatic(v));
    });

  // An op that shares its input's grid computes in integers when somebody behind it wants integers, or already has them.
  const wanted = new Map<Value, NodeQuantization>();
  for (const node of [...graph.nodes].reverse()) {
    const q = own.get(node.name) ?? (chosen.has(node.name) ? wanted.get(Object.values(node.outputs)[0]!) : undefined);
    if (q) for (const key of activations(node)) wanted.set(node.inputs[key]!, q);
  }
  const normalized = normalizedLayers(graph);
  const trainedFolded = (name: string): GraphNode | undefined => {
    const norm = normalized.get(name)?.norm;
    return norm?.inputs.inputScale === undefined ? undefined : norm;
  };
  const ends = new Map<Value, NodeQuantization>();
  const quantized = new Set<Value>();
  const reads = new Map<string, ReadonlyMap<string, NodeQuantization>>();
  for (const node of graph.nodes) {
    const q = own.get(node.name);
    const keys = activations(node);
    const shares = !q && chosen.has(node.name) && keys.every((key) => quantized.has(node.inputs[key]!) || wanted.has(node.inputs[key]!));
    if (!q && !shares) continue;
    reads.set(node.name, new Map(keys.map((key) => [key, q ?? wanted.get(node.inputs[key]!) ?? chosen.get(node.name)!])));
    const end = trainedFolded(node.name)?.outputs.y ?? Object.values(node.outputs)[0]!;
    quantized.add(end);
    if (q) ends.set(end, q);
  }
  const unified = unifiedWith(graph, readersOf(graph), (node) => reads.has(node.name));
  for (const [v, q] of [...ends]) {
    const other = ends.get(unified(v) ?? "");
    if (other && sameRange(other.activations, q.activations)) ends.delete(v);
  }
  return { own, ends, reads, quantized };
}

const sameRange = (a: QuantizationSpec, b: QuantizationSpec): boolean => a.quantMin === b.quantMin && a.quantMax === b.quantMax;

/** Tells values that depend on states and constants alone, whatever computes them. */
function staticValues(graph: Graph): (v: Value) => boolean {
  const known = new Set<Value>([...graph.states.keys(), ...graph.constants.keys()]);
  for (const node of graph.nodes)
    if (Object.values(node.inputs).every((v) => known.has(v))) Object.values(node.outputs).forEach((v) => known.add(v));
  return (v) => known.has(v);
}
