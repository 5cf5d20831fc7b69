/** Single kernels straight on a device, without graphs: what ceilings and yardsticks are measured with. */
import { resolveCall } from "../../src/backend/webgpu/call.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import type { DeviceInfo, KernelCall } from "../../src/ops/index.ts";

/** STORAGE | COPY_SRC | COPY_DST, spelled as numbers: Node has no global GPUBufferUsage. */
const STORAGE = 0x80 | 0x4 | 0x8;
const UNIFORM = 0x40 | 0x8;
const STAGING = 0x1 | 0x8;

export class Bench {
  readonly device: GPUDevice;
  readonly info: DeviceInfo;
  readonly #pipelines: Pipelines;
  readonly #buffers: GPUBuffer[] = [];

  constructor(device: GPUDevice, info: DeviceInfo) {
    this.device = device;
    this.info = info;
    this.#pipelines = new Pipelines(device);
  }

  buffer(contents: Uint32Array | number): GPUBuffer {
    const size = typeof contents === "number" ? contents : contents.byteLength;
    const buffer = this.device.createBuffer({ size, usage: STORAGE });
    if (typeof contents !== "number") this.device.queue.writeBuffer(buffer, 0, contents as Uint32Array<ArrayBuffer>);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** A function that dispatches the kernel so many times in one submit and resolves when all of it is done. */
  async kernel(call: KernelCall, buffers: Readonly<Record<string, GPUBuffer>>): Promise<(repeats: number) => Promise<void>> {
    const resolved = resolveCall("bench", call, new Set(Object.keys(buffers)), this.info);
    const { pipeline, layout } = await this.#pipelines.get("bench", resolved);
    const entries = resolved.bindings.map(({ value }, binding) => {
      if (value !== undefined) return { binding, resource: { buffer: buffers[value]! } };
      const buffer = this.device.createBuffer({ size: resolved.params!.byteLength, usage: UNIFORM });
      this.device.queue.writeBuffer(buffer, 0, resolved.params!);
      this.#buffers.push(buffer);
      return { binding, resource: { buffer } };
    });
    const bindGroup = this.device.createBindGroup({ layout, entries });
    return async (repeats) => {
      const encoder = this.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...resolved.workgroups);
      pass.end();
      this.device.queue.submit([encoder.finish()]);
      await this.device.queue.onSubmittedWorkDone();
    };
  }

  async read(buffer: GPUBuffer): Promise<Uint32Array> {
    const staging = this.device.createBuffer({ size: buffer.size, usage: STAGING });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    const words = new Uint32Array(staging.getMappedRange()).slice();
    staging.destroy();
    return words;
  }

  dispose(): void {
    for (const b of this.#buffers) b.destroy();
  }
}
