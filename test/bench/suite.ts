/** The benchmarks of one place: what runs the same in Node and in a browser. */
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { deviceInfo, packedDot } from "../../src/backend/webgpu/info.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { selfTest } from "../../src/backend/webgpu/selftest.ts";
import { breadthRows } from "./breadth.ts";
import { ceilings } from "./ceilings.ts";
import { convRows, seedShape, type ConvShape } from "./conv.ts";
import { netRows, qatRows, type NetBars } from "./net.ts";
import { time } from "./measure.ts";
import type { Row, Section } from "./rows.ts";

export interface SuiteOptions {
  readonly where: string;
  /** Gop/s that the int8 convolution of the seed shape must reach. */
  readonly convBar?: number;
  readonly convs?: readonly ConvShape[];
  /** Batch sizes of the digit net; [64] when left out. */
  readonly batches?: readonly number[];
  /** Whether the training steps of the other example nets are timed, batch 64. */
  readonly allNets?: boolean;
  /** For batch 64. */
  readonly netBars?: NetBars;
}

/** A device of the bench's own, beside the backend's: ceilings and yardsticks need one to hand. */
async function benchDevice(gpu: GPU): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no WebGPU adapter");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
}

/** What opening a device costs beyond the driver's own work, once the shader is compiled: the known-answer test. */
async function selfTestRow(device: GPUDevice, native: boolean): Promise<Row> {
  const pipelines = new Pipelines(device);
  const timing = await time(async (repeats) => {
    for (let i = 0; i < repeats; i++) await selfTest(device, pipelines, native);
  });
  return { name: "self-test of a device", value: timing.median, unit: "ms", timing, bar: { atMost: 50 } };
}

export async function runSuite(gpu: GPU, options: SuiteOptions): Promise<Section> {
  const device = await benchDevice(gpu);
  const info = deviceInfo(device, gpu.wgslLanguageFeatures.has(packedDot));
  const rows: Row[] = [];
  using backend = await webgpu({ gpu });
  try {
    const limit = await ceilings(device, info);
    rows.push(...limit.rows);
    rows.push(await selfTestRow(device, info.dot4));
    for (const shape of options.convs ?? [seedShape])
      rows.push(
        ...(await convRows(backend, device, shape, { ceilings: limit.ceilings, ...(shape === seedShape && { bar: options.convBar }) })),
      );
    rows.push(...(await breadthRows(backend, device)));
    if (options.allNets) rows.push(...(await qatRows(backend, 64)));
    for (const n of options.batches ?? [64]) rows.push(...(await netRows(backend, n, n === 64 ? (options.netBars ?? {}) : {})));
  } finally {
    device.destroy();
  }
  return { where: options.where, adapter: backend.name, rows };
}
