import shader from "../../shaders/increment.wgsl";

/** What the browser offers, and whether one kernel of the library runs in it. */
export default async function smoke({
  value,
}: {
  value: number;
}): Promise<{ architecture: string; dot4: boolean; fresh: number; result: number; evalWorks: boolean }> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("no adapter");
  const device = await adapter.requestDevice();
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffers = shader.bindings.map(() => device.createBuffer({ size: 16, usage }));
  for (const buffer of buffers) device.queue.writeBuffer(buffer, 0, Int32Array.of(value, 0, 0, 0));
  const module = device.createShaderModule({ code: shader.code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  const read = device.createBuffer({ size: 32, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  encoder.copyBufferToBuffer(buffers[shader.bindings.findIndex((b) => b.kind === "read_write")]!, 0, read, 0, 16);
  encoder.copyBufferToBuffer(device.createBuffer({ size: 16, usage }), 0, read, 16, 16);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const words = new Int32Array(read.getMappedRange());
  const [result, fresh] = [words[0]!, words[4]!];
  const dot4 = navigator.gpu.wgslLanguageFeatures.has("packed_4x8_integer_dot_product");
  device.destroy();
  return { architecture: adapter.info.architecture, dot4, fresh, result, evalWorks: canEval() };
}

function canEval(): boolean {
  try {
    return new Function("return true")() as boolean;
  } catch {
    return false;
  }
}
