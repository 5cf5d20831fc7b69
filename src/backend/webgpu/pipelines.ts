/** Pipelines and bind-group layouts of one device. Cached by the final WGSL text and the override values, nothing else. */
import { DeviceError } from "../../errors.ts";
import type { ShaderBinding } from "../../shader/shader.ts";

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

type Kind = ShaderBinding["kind"];
const bufferTypes = { uniform: "uniform", read: "read-only-storage", read_write: "storage" } as const satisfies Record<
  Kind,
  GPUBufferBindingType
>;

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  readonly #modules = new Map<string, Promise<GPUShaderModule>>();
  readonly #layouts = new Map<string, { bindGroup: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** @throws DeviceError with the compiler's own messages when the WGSL or the pipeline is refused. */
  get(
    where: string,
    call: { code: string; constants: Readonly<Record<string, number>>; bindings: readonly { kind: Kind }[] },
  ): Promise<Pipeline> {
    const key = `${JSON.stringify(Object.entries(call.constants).sort(([a], [b]) => (a < b ? -1 : 1)))}\n${call.code}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#create(where, call);
      this.#pipelines.set(key, pipeline);
      // A refused pipeline is not kept: after an error that passes (out of memory), the next compile tries again.
      pipeline.catch(() => this.#pipelines.delete(key));
    }
    return pipeline;
  }

  async #create(where: string, call: Parameters<Pipelines["get"]>[1]): Promise<Pipeline> {
    const layout = this.#layout(call.bindings.map((b) => b.kind));
    const module = await this.#module(where, call.code);
    try {
      const pipeline = await this.#device.createComputePipelineAsync({
        layout: layout.pipeline,
        compute: { module, entryPoint: "main", constants: call.constants },
      });
      return { pipeline, layout: layout.bindGroup };
    } catch (e) {
      throw new DeviceError({
        code: "pipeline-refused",
        where,
        problem: `the device refused the pipeline: ${(e as Error).message}`,
        cause: e,
      });
    }
  }

  #module(where: string, code: string): Promise<GPUShaderModule> {
    let module = this.#modules.get(code);
    if (!module) {
      module = this.#compile(where, code);
      this.#modules.set(code, module);
      module.catch(() => this.#modules.delete(code));
    }
    return module;
  }

  async #compile(where: string, code: string): Promise<GPUShaderModule> {
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ code });
    const error = await this.#device.popErrorScope();
    if (!error) return module;
    const info = await module.getCompilationInfo();
    const errors = info.messages.filter((m) => m.type === "error").map((m) => `${m.lineNum}:${m.linePos} ${m.message}`);
    throw new DeviceError({
      code: "shader-refused",
      where,
      problem: `the device refused the shader: ${errors.join("; ") || error.message}`,
    });
  }

  #layout(kinds: readonly Kind[]): { bindGroup: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const key = kinds.join(" ");
    let layout = this.#layouts.get(key);
    if (!layout) {
      // COMPUTE, spelled as a number: Node has no global GPUShaderStage.
      const entries = kinds.map((kind, binding) => ({ binding, visibility: 0x4, buffer: { type: bufferTypes[kind] } }));
      const bindGroup = this.#device.createBindGroupLayout({ entries });
      layout = { bindGroup, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [bindGroup] }) };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
