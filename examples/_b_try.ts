import { quant, train, f32, i32, tensor, verify } from "dot4";
import { webgpu } from "dot4/node";
import { digitNet } from "./lib/net.ts";
import { cpu } from "dot4";
const n = Number(process.argv[2] ?? 64);
const qat = quant.prepareQat(digitNet(1).trace({ x: f32(["n", 28, 28, 1]) }), quant.int8());
const gpu = await webgpu();
console.log(gpu.name);
const t = await train.trainer(qat, { loss: train.crossEntropy, optimizer: train.adam({ lr: 1e-3 }), backend: gpu });
const g = t.trainingGraph;
const run = await gpu.compile(g, { sizes: { n } });
console.log(run.stats(), run.stats().peakBytes / run.stats().lowerBoundBytes);
const x = tensor("f32", [n, 28, 28, 1], Float32Array.from({ length: n * 784 }, (_, i) => ((i * 7919) % 255) / 255));
const labels = tensor("i32", [n], Int32Array.from({ length: n }, (_, i) => i % 10));
for (const k of [1, 10, 10]) {
  const s = performance.now();
  for (let i = 0; i < k; i++) await run.step({ x, labels });
  const q = performance.now();
  await run.readStates(["fc.bias"]);
  console.log(k, "steps, ms each", (performance.now() - s) / k, "queueing", (q - s) / k);
}
console.log(gpu.memory());
process.exit(0);
