/** A small net of everything that quantizes, its images, and how the tests of quantization run it. */
import { cpu } from "../../src/backend/cpu/index.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { f32, tensor, type Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { uniform } from "../support/float.ts";
import { residual } from "../support/nets.ts";

export const backend = cpu();
const block = nn.sequential({ conv: nn.conv2d(3, 3, { kernel: 3, padding: 1 }), act: nn.relu() });
export const model = nn.sequential({
  conv1: nn.conv2d(2, 3, { kernel: 3, padding: 1 }),
  relu1: nn.relu(),
  pool1: nn.maxPool2d(2),
  res: residual(block),
  relu2: nn.relu(),
  flatten: nn.flatten(),
  fc: nn.linear(3 * 2 * 3, 5),
});
export const float = model.trace({ x: f32(["n", 5, 7, 2]) }, { seed: 2 });
export const images = (n: number, seed: number): Tensor<"f32"> => uniform([n, 5, 7, 2], seed);
/** One of 5 classes for each of n images. */
export const labels = (n: number): Tensor<"i32"> =>
  tensor(
    "i32",
    [n],
    Int32Array.from({ length: n }, (_, i) => i % 5),
  );
export const batches = [{ x: images(3, 1) }, { x: images(2, 2) }];
export const run = async (graph: Graph, x: Tensor): Promise<Record<string, Tensor>> => (await backend.compile(graph))({ x });

/** The graph after so many epochs. */
export async function trained(graph: Graph, batches: train.FitOptions["batches"], epochs = 3): Promise<Graph> {
  using trainer = await train.trainer(graph, { loss: train.crossEntropy(), optimizer: train.adam({ lr: 1e-2 }), backend });
  await trainer.fit({ epochs, batches });
  return await trainer.graph();
}
export const opOf = (graph: Graph, name: string): string | undefined => graph.nodes.find((n) => n.name === name)?.op.name;
