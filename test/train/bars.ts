/** A net small enough for hundreds of runs, and images that it learns in a few epochs. */
import { createHash } from "node:crypto";
import { cpu } from "../../src/backend/cpu/index.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { f32, tensor, type Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";

export const backend = cpu();
const net = nn.sequential({
  conv: nn.conv2d(1, 3, { kernel: 3, padding: 1 }),
  relu: nn.relu(),
  pool: nn.maxPool2d(2),
  flatten: nn.flatten(),
  fc: nn.linear(3 * 3 * 3, 3),
});
export const float = net.trace({ x: f32(["n", 6, 6, 1]) }, { seed: 1 });

/** Bars that lie, stand, or are not there, with noise. */
export function bars(count: number, seed: number): train.Dataset {
  const r = new Random(seed);
  const images = new Float32Array(count * 36);
  const labels = Array.from({ length: count }, (_, i) => {
    const label = i % 3;
    const at = r.int(0, 5);
    for (let p = 0; p < 36; p++) {
      const ink = label === 0 ? Math.floor(p / 6) === at : label === 1 ? p % 6 === at : false;
      images[i * 36 + p] = (ink ? 0.8 : 0.1) + r.uniform(-0.1, 0.1);
    }
    return label;
  });
  return train.dataset(tensor("f32", [count, 6, 6, 1], images), labels, 3);
}
export const data = bars(93, 1);
export const test = bars(60, 2);
/** 6 an epoch, the last of 13 images. */
export const batches = train.batches(data, { batchSize: 16, seed: 4 });
export const first = [...batches][0]!;

export const make = (graph: Graph = float, options: Partial<train.TrainerOptions> = {}): Promise<train.Trainer> =>
  train.trainer(graph, { loss: train.crossEntropy, optimizer: train.adam({ lr: 0.02 }), backend, ...options });

export const weights = (graph: Graph): Tensor[] => [...graph.states].filter(([, s]) => s.role === "parameter").map(([, s]) => s.tensor);

/** Of all states of the graph: weights, ranges, running statistics. */
export function sha256(graph: Graph): string {
  const hash = createHash("sha256");
  for (const [name, { tensor }] of graph.states) {
    hash.update(`${name} ${tensor.dtype} ${tensor.shape.join(",")}\n`);
    hash.update(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  }
  return hash.digest("hex");
}
