/** MobileNetV2 1.0 and ResNet-18 as published, with random weights: parameters, conversion, the same bits on GPU and CPU. */
import { expect, test } from "vitest";
import { mobilenetV2, resnet18 } from "../../examples/nets/large.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { cpu, f32, nn, quant, tensor, verify } from "../../src/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { testGpu } from "../support/device.ts";

function image(seed: number) {
  const random = new Random(seed);
  const data = Float32Array.from({ length: 224 * 224 * 3 }, () => random.uniform(-2, 2));
  return { x: tensor("f32", [1, 224, 224, 3], data) };
}

test.each([
  ["MobileNetV2 1.0", mobilenetV2, 3_504_872, 300_774_272, 53],
  ["ResNet-18", resnet18, 11_689_512, 1_814_073_344, 21],
] as const)("%s", { timeout: 240_000 }, async (_name, model, parameters, multiplyAdds, layers) => {
  using gpu = await webgpu({ gpu: await testGpu() });
  const graph = model(1).trace({ x: f32(["n", 224, 224, 3]) });
  expect(nn.summary(graph)).toMatchObject({ parameters, multiplyAdds });

  // Random weights with statistics of 0 and 1 would let the signal fade out layer by layer.
  const float = await quant.reestimateBatchNorm(graph, [image(1)], gpu);
  const int8 = quant.convert(await quant.calibrate(quant.prepare(float, quant.int8()), [image(1)], gpu));
  expect(quant.floatNodes(int8)).toEqual([]);
  expect(int8.nodes.filter((n) => n.op.name === "qconv2d" || n.op.name === "qlinear").length).toBe(layers);

  const verified = await verify(int8, image(2), { actual: gpu, expected: cpu() });
  expect(verified.differing).toEqual({ integers: 0, floats: 0 });
  expect(verified.deployedEqual).toBe(true);
  const { logits } = await (await gpu.compile(int8))(image(2));
  expect(new Set(logits!.data).size).toBeGreaterThan(20);
});
