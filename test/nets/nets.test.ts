/** The example nets: their size, and that each goes from float to int8 with nothing float left and no layer off. */
import { describe, expect, test } from "vitest";
import { netNames, nets } from "../../examples/nets/index.ts";
import { cpu, f32, nn, quant, verify, type Graph } from "../../src/index.ts";
import * as train from "../../src/train/index.ts";
import { testGpu } from "../support/device.ts";
import { webgpu as webgpu } from "../../src/backend/webgpu/index.ts";

const trace = (name: (typeof netNames)[number]): Graph => nets[name].model(1).trace({ x: f32(["n", 28, 28, 1]) });
const data = train.digits({ count: 24, seed: 9 });
const batches = train.batches(data, { batchSize: 8, seed: 1 });

test.each(netNames)("%s takes at most 10 million multiply-adds an image", (name) => {
  expect(nn.summary(trace(name)).multiplyAdds).toBeLessThanOrEqual(10e6);
});

describe.each(netNames)("%s", (name) => {
  test("PTQ and QAT end in integers, the same bits on GPU and CPU, every layer within a step", { timeout: 120_000 }, async () => {
    using gpu = await webgpu({ gpu: await testGpu() });
    const config = quant.int8();
    const observed = await quant.calibrate(quant.prepare(trace(name), config), batches, gpu);
    using trainer = await train.trainer(quant.prepareQat(trace(name), config), {
      loss: train.crossEntropy(),
      optimizer: train.adam({ lr: 1e-3 }),
      backend: gpu,
    });
    await trainer.fit({ epochs: 2, batches, freezeObserversFrom: 1, freezeBatchNormFrom: 1 });
    const trained = await trainer.graph();
    const x = data.images;
    for (const prepared of [observed, trained]) {
      const int8 = quant.convert(prepared);
      expect(quant.floatNodes(int8)).toEqual([]);
      const verified = await verify(int8, { x }, { actual: gpu, expected: cpu() });
      expect(verified.differing).toEqual({ integers: 0, floats: 0 });
      expect(verified.deployedEqual).toBe(true);
      const report = await quant.report(prepared, int8, { x }, gpu);
      expect(report.largestStep, String(report)).toBeLessThanOrEqual(1);
    }
  });
});
