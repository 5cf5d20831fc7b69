/** What is loaded is a graph like any other: it is quantized, trained with quantization, and verified. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { verify } from "../../src/backend/verify.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { load } from "../../src/onnx/index.ts";
import * as quant from "../../src/quant/index.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { pixels } from "../golden-runner/models.ts";
import { readSafetensors } from "../golden-runner/safetensors.ts";
import { testGpu } from "../support/device.ts";
import { absolute } from "../support/sources.ts";

const folder = absolute("test/golden/models");
const net = (name: string): { readonly graph: ReturnType<typeof load>; readonly x: Tensor<"f32">; readonly logits: Tensor } => {
  const [stem, file] = name.split("/") as [string, string];
  const expected = readSafetensors(readFileSync(`${folder}/${stem}/expected.safetensors`), stem);
  return {
    graph: load(readFileSync(`${folder}/${name}.onnx`)),
    x: pixels(expected.get("images")!),
    logits: expected.get(`${file}.logits`)!,
  };
};

const largest = ({ data }: Tensor): readonly number[] =>
  Array.from({ length: data.length / 10 }, (_, i) => {
    const row = [...data.subarray(i * 10, i * 10 + 10)];
    return row.indexOf(Math.max(...row));
  });

let gpu: Backend;
beforeAll(async () => {
  gpu = await webgpu({ gpu: await testGpu() });
});
afterAll(() => gpu.dispose());

describe.each(["a_digits/float", "b_bn/float_bn"])("%s", (name) => {
  it("is quantized after training without a float island, to the bit on the GPU, and sees the same digits", async () => {
    const { graph, x, logits } = net(name);
    const observed = await quant.calibrate(quant.prepare(graph, quant.int8()), [{ input: x }], cpu());
    const int8 = quant.convert(observed);
    expect([quant.floatIslands(int8), quant.floatNodes(int8)]).toEqual([[], []]);
    const few = { input: { ...x, shape: [3, 1, 28, 28], data: x.data.slice(0, 3 * 784) } };
    const report = await verify(int8, few, { actual: gpu, expected: cpu() });
    expect(report.integersExact).toBe(true);
    using run = await gpu.compile(int8);
    const got = largest((await run({ input: x }))["logits"]!);
    expect(got.filter((digit, i) => digit !== largest(logits)[i]).length).toBeLessThanOrEqual(2);
  });
});

it("trains with quantization: weights of the file are parameters", async () => {
  const { graph, x, logits } = net("a_digits/float");
  const data = train.dataset(x, largest(logits), 10);
  const trainer = await train.trainer(quant.prepareQat(graph, quant.int8()), {
    loss: train.crossEntropy(),
    optimizer: train.adam({ lr: 1e-4 }),
    backend: cpu(),
  });
  const before = graph.states.get("fc.weight")!.tensor.data.slice();
  await trainer.fit({ epochs: 1, batches: train.batches(data, { batchSize: 50, input: "input" }) });
  const trained = await trainer.graph();
  expect(trained.states.get("fc.weight")!.tensor.data).not.toEqual(before);
  expect(quant.floatIslands(quant.convert(trained))).toEqual([]);
});
