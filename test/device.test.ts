import { afterAll, beforeAll, expect, test } from "vitest";
import { dawn } from "../src/node/dawn.ts";
import { dirtyMemory, testDevice, testGpu } from "./support/device.ts";

let device: GPUDevice;
beforeAll(async () => void (device = await testDevice()));
afterAll(() => device.destroy());

test("a kernel runs on the device of this machine", async () => {
  const module = device.createShaderModule({
    code: `@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] = y[id.x] + id.x * 7u; }`,
  });
  expect((await module.getCompilationInfo()).messages).toHaveLength(0);
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const buffer = device.createBuffer({ size: 20, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  const read = device.createBuffer({ size: 20, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, Uint32Array.of(1, 2, 3, 4, 5));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] }));
  pass.dispatchWorkgroups(5);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, read, 0, 20);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  expect([...new Uint32Array(read.getMappedRange())]).toEqual([1, 9, 17, 25, 33]);
});

test("the same options give the same GPU object, and each device its own adapter", async () => {
  const second = await testDevice();
  expect(second).not.toBe(device);
  second.destroy();
  expect((await testGpu()).wgslLanguageFeatures.has("packed_4x8_integer_dot_product")).toBe(process.env["DOT4_POLYFILL"] !== "1");
});

test("dirty memory is dirty: a fresh buffer does not hold zeros", async () => {
  const adapter = await (await dawn(dirtyMemory)).requestAdapter();
  const dirty = await adapter!.requestDevice();
  const buffer = dirty.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const read = dirty.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = dirty.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, read, 0, 16);
  dirty.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  expect([...new Uint32Array(read.getMappedRange())]).not.toContain(0);
  dirty.destroy();
});
