/** A small net of everything that quantizes, its images, and how the tests of quantization run it. */
import { cpu } from "../../src/backend/cpu/index.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { f32, tensor, type Tensor } from "../../src/tensor/index.ts";

export const backend = cpu();
const block = nn.sequential({ conv: nn.conv2d(3, 3, { kernel: 3, padding: 1 }), act: nn.relu() });
export const model = nn.sequential({
  conv1: nn.conv2d(2, 3, { kernel: 3, padding: 1 }),
  relu1: nn.relu(),
  pool1: nn.maxPool2d(2),
  res: nn.module(
    { block },
    ({ block }) =>
      (x: nn.Traced) =>
        nn.add(x, block(x)),
  ),
  relu2: nn.relu(),
  flatten: nn.flatten(),
  fc: nn.linear(3 * 2 * 3, 5),
});
export const float = model.trace({ x: f32(["n", 5, 7, 2]) }, { seed: 2 });
export const images = (n: number, seed: number): Tensor<"f32"> => {
  const r = new Random(seed);
  return tensor(
    "f32",
    [n, 5, 7, 2],
    Float32Array.from({ length: n * 70 }, () => r.uniform(-1, 1)),
  );
};
export const batches = [{ x: images(3, 1) }, { x: images(2, 2) }];
export const run = async (graph: Graph, x: Tensor): Promise<Record<string, Tensor>> => (await backend.compile(graph))({ x });
export const opOf = (graph: Graph, name: string): string | undefined => graph.nodes.find((n) => n.name === name)?.op.name;
