import { finish, startFrom, type Graph, type GraphNode } from "../graph/index.ts";
import { batchNormFactor } from "../ops/batchNormFactor.ts";
import { mul } from "../ops/mul.ts";
import type { Value } from "../ops/op.ts";
import { reshape } from "../ops/reshape.ts";
import { sizes } from "../tensor/index.ts";
import { normalizedLayers } from "./foldBatchNorm.ts";

/**
 * Rewrites each layer with a normalization behind it so that training quantizes the weights that will be deployed:
 *
 *     factor = gamma / sqrt(runningVar + eps)
 *     product = layer(x, weight * factor)            without bias
 *     y = norm(product / factor + bias)
 *
 * Training goes on as before: the batch is normalized with its own statistics, running ones follow, and gradients reach
 * gamma through the factor too. The normalized value takes the layer's name, as it does after `foldBatchNorm`, which makes
 * one layer of the two. `may` chooses the pairs.
 */
export function trainFolded(graph: Graph, may: (layer: GraphNode, norm: GraphNode) => boolean): Graph {
  const pairs = [...normalizedLayers(graph).values()].filter(({ layer, norm }) => may(layer, norm) && norm.inputs.inputScale === undefined);
  if (pairs.length === 0) return graph;
  const layers = new Map(pairs.map((p) => [p.layer.name, p]));
  const norms = new Map(pairs.map((p) => [p.norm.name, p]));
  const b = startFrom(graph);
  const renamed = new Map<Value, Value>();
  const read = (v: Value): Value => renamed.get(v) ?? v;
  const inverses = new Map<string, Value>();
  for (const node of graph.nodes) {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([key, v]) => [key, read(v)]));
    const [asLayer, asNorm] = [layers.get(node.name), norms.get(node.name)];
    if (asLayer) {
      const { runningVar, weight: gamma } = asLayer.norm.inputs;
      const key = node.op.weights![0]!;
      const weight = inputs[key]!;
      const { factor, inverse } = b.emit(
        batchNormFactor,
        { runningVar, weight: gamma },
        { eps: asLayer.norm.attrs.eps as number },
        `${node.name}.factor`,
      );
      inverses.set(node.name, inverse!);
      const [oc, ...rest] = sizes(graph.types.get(weight)!.shape);
      const shape = [oc!, ...rest.map(() => 1)];
      const rows = b.emit(reshape, { x: factor }, { shape }, `${node.name}.factor.rows`).y;
      inputs[key] = b.emit(mul, { a: weight, b: rows }, {}, `${node.name}.scaled.${key}`).y!;
      delete inputs.bias;
      const product = b.unique(`${node.name}.product`);
      renamed.set(Object.values(node.outputs)[0]!, product);
      b.add({ ...node, inputs, outputs: { [node.op.outputs[0]!]: product } });
    } else if (asNorm) {
      const { layer } = asNorm;
      inputs.inputScale = inverses.get(layer.name)!;
      if (layer.inputs.bias !== undefined) inputs.inputShift = layer.inputs.bias;
      const y = Object.values(layer.outputs)[0]!;
      renamed.set(node.outputs.y!, y);
      b.add({ ...node, inputs, outputs: { ...node.outputs, y } });
    } else b.add({ ...node, inputs });
  }
  return finish(b, graph, read);
}
