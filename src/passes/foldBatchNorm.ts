import { finish, prune, startFrom, withStates, type Graph, type GraphNode } from "../graph/index.ts";
import type { Attrs, Value } from "../ops/op.ts";
import { filled, tensor, type Tensor } from "../tensor/index.ts";
import { producersOf, readersOf } from "./readers.ts";

/** A layer with weights and the normalization that alone reads it, by the layer's name. */
export type NormalizedLayers = ReadonlyMap<string, { readonly layer: GraphNode; readonly norm: GraphNode }>;

/** All of them. The last axis of the layer's output and axis 0 of its weight are the channels that are normalized. */
export function normalizedLayers(graph: Graph): NormalizedLayers {
  const readers = readersOf(graph);
  const found = new Map<string, { layer: GraphNode; norm: GraphNode }>();
  for (const layer of graph.nodes) {
    const y = Object.values(layer.outputs)[0]!;
    if (layer.op.weights?.length !== 1 || (layer.attrs.activation ?? "none") !== "none" || readers.leaves(y)) continue;
    const [norm, ...more] = readers.nodes(y);
    if (norm?.op.normalization && more.length === 0 && norm.inputs.x === y) found.set(layer.name, { layer, norm });
  }
  return found;
}

/** The node runs as it does once nothing is learnt any more. */
const evaluates = ({ op, attrs }: GraphNode): boolean =>
  op.evaluation !== undefined && Object.entries(op.evaluation.attrs as Attrs).every(([key, value]) => attrs[key] === value);

/** A smaller factor was not trained through (batchNormFactor): what such a channel carries is far below a step. */
const DEAD = 2 ** -19;

/**
 * A layer (found by `weights`) and the normalization behind it, in evaluation form, become one layer:
 *
 *     weight' = weight * f, bias' = bias * f + beta + (shift - mean) * k    with k = gamma / sqrt(var + eps), f = inputScale * k
 *
 * The layer keeps its name and takes over the activation of the normalization; its own bias is kept. Weights that are
 * already marked as quantized (prepareQat, constants by then) were multiplied by the factor before, so that f is 1 and the
 * integers stay as they were trained; channels whose factor vanishes contribute their bias alone. Statistics and weights
 * must be states that nothing updates, or constants. `may` can forbid a single pair.
 */
export function foldBatchNorm(graph: Graph, may: (layer: GraphNode, norm: GraphNode) => boolean = () => true): Graph {
  const readers = readersOf(graph);
  const producers = producersOf(graph);
  const contents = (v: Value | undefined): Tensor | undefined =>
    v === undefined ? undefined : (graph.constants.get(v) ?? (graph.updates.has(v) ? undefined : graph.states.get(v)?.tensor));
  const isKnown = (v: Value | undefined): boolean => v === undefined || contents(v) !== undefined;

  // A tensor that nobody else reads keeps its name.
  const alone = (v: Value, by: GraphNode): boolean => !readers.leaves(v) && readers.nodes(v).every((n) => n.name === by.name);

  const folded = new Map<string, { readonly norm: GraphNode; readonly weight: Value; readonly scaled: Tensor; readonly bias: Tensor }>();
  const replaced = new Map<Value, Tensor>();
  for (const { layer, norm } of normalizedLayers(graph).values()) {
    const read = layer.inputs[layer.op.weights![0]!]!;
    const marker = producers.get(read)?.op.quantizer ? producers.get(read) : undefined;
    const weight = marker ? marker.inputs.x! : read;
    const statistics = Object.entries(norm.inputs).flatMap(([key, v]) => (key === "x" || key === "step" ? [] : [v]));
    const isRead = (v: Value): boolean => readers.leaves(v) || readers.nodes(v).length > 0;
    if (!evaluates(norm) || Object.entries(norm.outputs).some(([key, v]) => key !== "y" && isRead(v))) continue;
    if (![weight, layer.inputs.bias, ...statistics].every(isKnown) || !may(layer, norm)) continue;
    const { factor, shift } = affine(norm, contents);
    if (marker) {
      // Anything else than 1 would change what the quantizer saw.
      if (!factor.every((f) => Math.abs(f) < DEAD || Math.abs(f - 1) < 2 ** -16)) continue;
      if (!alone(read, layer) || !alone(weight, marker)) continue;
      factor.forEach((f, c) => (factor[c] = Math.abs(f) < DEAD ? 0 : 1));
    }
    const old = contents(weight)!;
    const row = old.data.length / factor.length;
    const scaled = filled("f32", old.shape, (i) => old.data[i]! * factor[Math.floor(i / row)]! + 0);
    const own = contents(layer.inputs.bias);
    const bias = tensor(
      "f32",
      [factor.length],
      shift.map((s, c) => (own?.data[c] ?? 0) * factor[c]! + s),
    );
    folded.set(layer.name, { norm, weight, scaled, bias });
    if (marker || alone(weight, layer)) replaced.set(weight, scaled);
    if (layer.inputs.bias !== undefined && alone(layer.inputs.bias, layer)) replaced.set(layer.inputs.bias, bias);
  }
  if (folded.size === 0) return graph;

  const constants = new Map([...graph.constants].map(([v, t]) => [v, replaced.get(v) ?? t]));
  const b = startFrom({ ...withStates(graph, replaced), constants });
  const renamed = new Map<Value, Value>();
  const read = (v: Value): Value => renamed.get(v) ?? v;
  const norms = new Set([...folded.values()].map(({ norm }) => norm.name));
  for (const node of graph.nodes) {
    if (norms.has(node.name)) continue;
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, read(v)]));
    const f = folded.get(node.name);
    if (!f) {
      b.add({ ...node, inputs });
      continue;
    }
    const role = graph.states.get(f.weight)?.role;
    const hold = (stem: string, t: Tensor): Value => (role ? b.state(b.unique(stem), role, t) : b.constant(t, stem));
    const key = node.op.weights![0]!;
    if (!replaced.has(f.weight)) inputs[key] = hold(`${node.name}.folded.${key}`, f.scaled);
    if (node.inputs.bias === undefined || !replaced.has(node.inputs.bias)) inputs.bias = hold(`${node.name}.bias`, f.bias);
    // The value is called like the layer, as it is without a normalization.
    const [own, normalized] = [Object.values(node.outputs)[0]!, f.norm.outputs.y!];
    const y = normalized === node.name ? normalized : own;
    renamed.set(own, y).set(normalized, y);
    b.add({
      ...node,
      inputs,
      outputs: { [node.op.outputs[0]!]: y },
      attrs: { ...node.attrs, activation: f.norm.attrs.activation ?? "none" },
    });
  }
  return prune(finish(b, graph, read));
}

/** Per channel, in f64: y = x * factor + shift. */
function affine(norm: GraphNode, contents: (v: Value | undefined) => Tensor | undefined): { factor: number[]; shift: number[] } {
  const of = (key: string, c: number, otherwise: number): number => contents(norm.inputs[key])?.data[c] ?? otherwise;
  const channels = contents(norm.inputs.runningVar)!.data.length;
  const [factor, shift]: [number[], number[]] = [[], []];
  for (let c = 0; c < channels; c++) {
    const k = of("weight", c, 1) / Math.sqrt(of("runningVar", c, 1) + (norm.attrs.eps as number));
    factor.push(k * of("inputScale", c, 1));
    shift.push(of("bias", c, 0) + (of("inputShift", c, 0) - of("runningMean", c, 0)) * k);
  }
  return { factor, shift };
}
