import { finish, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import { conv2d } from "../ops/conv2d.ts";
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { filled, sizes } from "../tensor/index.ts";
import { normalizedLayers } from "./foldBatchNorm.ts";
import { renameInputs } from "./readers.ts";

/** Axes of the images that a convolution takes. */
const RANK = 4;

/**
 * Gives every normalization that `may` names and that has no layer of its own to fold into (it reads a sum, an activation,
 * a value that others read too) one: a depthwise 1 x 1 convolution with weights 1, which changes no value. Folded
 * (`foldBatchNorm`, `trainFolded`) its weights are the factors of the normalization, one to a channel, and it has an
 * integer form. The convolution takes the name of the normalization, which is called `<name>.norm` from then on. Values
 * that are no images pass as [n, 1, -1, c].
 */
export function unitLayers(graph: Graph, may: (norm: GraphNode) => boolean): Graph {
  const paired = new Set([...normalizedLayers(graph).values()].map(({ norm }) => norm.name));
  const alone = graph.nodes.filter((n) => n.op.normalization && !paired.has(n.name) && may(n));
  if (alone.length === 0) return graph;
  const b = startFrom(graph);
  const renamed = new Map<Value, Value>();
  const read = (v: Value): Value => renamed.get(v) ?? v;
  for (const old of graph.nodes) {
    const node = renameInputs(old, read);
    if (!alone.includes(old)) {
      b.add(node);
      continue;
    }
    const { name, inputs, outputs } = node;
    const { shape } = b.type(inputs.x!);
    const channels = sizes(shape.slice(-1))[0]!;
    const ones = b.constant(
      filled("f32", [channels, 1, 1, 1], () => 1),
      `${name}.unit`,
    );
    const isImage = shape.length === RANK;
    const x = isImage ? inputs.x! : b.emit(reshape, { x: inputs.x }, { shape: [0, 1, -1, channels] }, `${name}.image`).y!;
    const layer = b.emit(conv2d, { x, weight: ones }, { groups: channels }, name).y!;
    const y = isImage ? outputs.y! : b.unique(`${name}.norm.y`);
    b.add({ ...node, name: b.unique(`${name}.norm`), inputs: { ...inputs, x: layer }, outputs: { ...outputs, y } });
    // Converted, a value is called like its node.
    if (!isImage) renamed.set(outputs.y!, b.emit(reshape, { x: y }, { shape: [0, ...sizes(shape.slice(1))] }, `${name}.shape`).y!);
  }
  return finish(b, graph, read);
}
