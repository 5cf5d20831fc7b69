/** Training on the GPU (software, where there is no other) against training on the CPU reference. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu, type WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { verify } from "../../src/backend/verify.ts";
import type { Backend } from "../../src/backend/backend.ts";
import { DeviceLostError } from "../../src/errors.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, type Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { testGpu } from "../support/device.ts";
import { doomed, happening, prompt } from "../backend/failing.ts";
import { residual } from "../support/nets.ts";

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await webgpu({ gpu: await testGpu() });
});
afterAll(() => gpu.dispose());

const block = nn.sequential({ conv: nn.conv2d(5, 5, { kernel: 3, padding: 1 }), act: nn.relu() });
const net = nn.sequential({
  conv: nn.conv2d(1, 5, { kernel: 5, stride: 2, padding: 2 }),
  relu: nn.relu(),
  // Windows that overlap: where they have their maxima is kept for the gradient.
  near: nn.maxPool2d(3, { stride: 1, padding: 1 }),
  pool: nn.maxPool2d(2),
  res: residual(block),
  flatten: nn.flatten(),
  fc: nn.linear(5 * 7 * 7, 10),
});
const float = net.trace({ x: f32(["n", 28, 28, 1]) }, { seed: 7 });
const data = train.digits({ count: 75, seed: 3 });
// 32, 32 and 11 images: a second batch size has to be prepared along the way.
const batches = train.batches(data, { batchSize: 32, seed: 1 });

async function trained(
  graph: Graph,
  backend: Backend,
  optimizer = train.adam({ lr: 3e-3 }),
): Promise<{ graph: Graph; metrics: train.Metrics }> {
  using trainer = await train.trainer(graph, { loss: train.crossEntropy, optimizer, backend });
  for (const batch of batches) await trainer.step(batch);
  const metrics = await trainer.metrics();
  return { graph: await trainer.graph(), metrics };
}
const weights = (graph: Graph): [string, Tensor][] =>
  [...graph.states].filter(([, s]) => s.role === "parameter").map(([name, s]) => [name, s.tensor]);

describe.each([
  ["float", float],
  ["QAT", quant.prepareQat(float, quant.int8({ weightBits: 4 }))],
])("%s training", (_, graph) => {
  it("gives the same bits twice", async () => {
    expect(weights((await trained(graph, gpu)).graph)).toEqual(weights((await trained(graph, gpu)).graph));
  });
});

it("follows the CPU reference: same counts, weights within rounding", async () => {
  // SGD, for Adam's first steps are signs of gradients, which magnify rounding near 0.
  const sgd = train.sgd({ lr: 0.05, momentum: 0.9 });
  const [a, b] = [await trained(float, gpu, sgd), await trained(float, cpu(), sgd)];
  expect(a.metrics).toMatchObject({ step: 3, samples: 75, accuracy: b.metrics.accuracy });
  expect(a.metrics.loss).toBeCloseTo(b.metrics.loss, 4);
  for (const [name, t] of weights(a.graph)) {
    const reference = b.graph.states.get(name)!.tensor.data;
    // Sums of up to 32 * 196 products of rounding 6e-8, three steps of lr 0.05: 1e-5 leaves room for a factor of 10.
    t.data.forEach((v, i) => expect(Math.abs(v - reference[i]!), `${name}[${i}]`).toBeLessThan(1e-5));
  }
});

it("trains, calibrates, converts: GPU and CPU agree on every integer, layers on their training", async () => {
  const { graph } = await trained(quant.prepareQat(float, quant.int8()), gpu);
  const int8 = quant.convert(graph);
  const [batch] = batches;
  const inputs = { x: batch!.x! };
  expect(await verify(int8, inputs, { actual: gpu, expected: cpu() })).toMatchObject({ integersExact: true });
  const r = await quant.report(graph, int8, inputs, gpu);
  expect(r.largestStep).toBeLessThanOrEqual(1);
  expect(r.floatNodes).toEqual([]);

  const [onGpu, onCpu] = await Promise.all(
    [gpu, cpu()].map((backend) => quant.calibrate(quant.prepare(float, quant.int8()), batches, backend)),
  );
  // Ranges of the input are exact; those behind a convolution carry its rounding.
  for (const name of ["x.min", "x.max", "x.scale", "x.zeroPoint"]) expect(onGpu!.states.get(name)).toEqual(onCpu!.states.get(name));
  expect(onGpu!.states.get("fc.max")!.tensor.data[0]).toBeCloseTo(onCpu!.states.get("fc.max")!.tensor.data[0]!, 5);
});

describe("a device that is lost", () => {
  const lost = async (promise: Promise<unknown>, event?: Promise<unknown>): Promise<void> =>
    void expect(await prompt(event)(promise)).toBeInstanceOf(DeviceLostError);
  let devices: Awaited<ReturnType<typeof doomed>>[];
  let trainer: train.Trainer;
  beforeAll(async () => {
    devices = [await doomed(), await doomed()];
    const options = { loss: train.crossEntropy, optimizer: train.adam(), backend: devices[0]!.backend, readEvery: 1 };
    trainer = await train.trainer(float, options);
    await trainer.step(batches.epoch(0)[Symbol.iterator]().next().value!);
  });

  it("during training: fit, step, metrics, graph and checkpoint fail, dispose works", async () => {
    const [{ backend, destroy }] = devices as [(typeof devices)[0]];
    const pending: Promise<void>[] = [];
    const { event, happen } = happening();
    const onProgress = (): void => {
      // Under way when the device goes.
      pending.push(...[trainer.checkpoint(), trainer.metrics(), trainer.graph()].map((p) => lost(p)));
      destroy();
      happen();
    };
    await lost(trainer.fit({ epochs: 2, batches, onProgress }), event);
    expect(pending.length).toBe(3);
    await Promise.all(pending);
    const [batch] = batches;
    const fit = trainer.fit({ epochs: 1, batches });
    for (const later of [trainer.metrics(), trainer.graph(), trainer.checkpoint(), fit]) await lost(later);
    await lost(trainer.step(batch!));
    trainer.dispose();
    backend.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });

  it("during calibration: it fails and leaves the graph as it was", async () => {
    const { backend, destroy } = devices[1]!;
    const prepared = quant.prepare(float, quant.int8());
    const before = new Map(prepared.states);
    const { event, happen } = happening();
    function* ending(): Generator<train.Batch> {
      for (const [i, batch] of [...batches].entries()) {
        if (i === 1) {
          destroy();
          happen();
        }
        yield batch;
      }
    }
    await lost(quant.calibrate(prepared, ending(), backend), event);
    expect(prepared.states).toEqual(before);
    backend.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});

it("finds NaN in a batch by its bits", async () => {
  using trainer = await train.trainer(float, { loss: train.crossEntropy, optimizer: train.adam(), backend: gpu });
  const [first] = batches;
  const x = { ...first!.x!, data: (first!.x!.data as Float32Array).slice() };
  x.data[5] = NaN;
  await trainer.step(first!);
  await trainer.step({ ...first, x });
  await expect(trainer.metrics()).rejects.toThrow(/step 2: "x"/);
});
