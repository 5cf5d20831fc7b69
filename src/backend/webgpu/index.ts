/** The WebGPU backend. The only folder that touches a GPUDevice; it knows no op by name. */
import type { Graph } from "../../graph/graph.ts";
import type { DeviceInfo } from "../../ops/op.ts";
import type { Backend } from "../backend.ts";
import { compile, type GpuCompiled, type GpuCompileOptions } from "./compiled.ts";
import { Context, type MemoryUse } from "./context.ts";
import { openDevice, type DeviceOptions } from "./device.ts";

export type { DeviceOptions } from "./device.ts";
export type { GpuCompiled, GpuCompileOptions } from "./compiled.ts";
export type { MemoryUse } from "./context.ts";
export type { ProfileRow } from "./profile.ts";

export interface WebGpuBackend extends Backend {
  readonly kind: "webgpu";
  readonly info: DeviceInfo;
  /** Buffers and bytes that live on the device now. */
  memory(): MemoryUse;
  compile(graph: Graph, options?: GpuCompileOptions): Promise<GpuCompiled>;
}

/**
 * A backend on a GPU of its own: a fresh adapter and device.
 * @throws DeviceError when there is no WebGPU, no adapter, or one with less than the standard limits.
 */
export async function webgpu(options: DeviceOptions = {}): Promise<WebGpuBackend> {
  const { device, info, pipelines } = await openDevice(options);
  const context = new Context(device, info, pipelines, options.submitMs);
  const compiled = new Set<GpuCompiled>();
  const dispose = (): void => {
    for (const c of [...compiled]) c.dispose();
    context.dispose();
  };
  const words = [info.vendor, info.architecture].filter(Boolean).join(" ");
  return {
    name: `webgpu (${[words || "unnamed adapter", ...(info.software ? ["software"] : [])].join(", ")})`,
    kind: "webgpu",
    info,
    memory: () => context.memory,
    compile: async (graph, compileOptions = {}) => {
      const made = await compile(context, graph, compileOptions, (c) => compiled.delete(c));
      compiled.add(made);
      return made;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}
