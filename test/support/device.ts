/**
 * The GPU of tests that run in Node. Environment:
 * - DOT4_DIRTY_MEMORY=1: fresh buffers hold garbage instead of zeros, so that reading unwritten memory shows;
 * - DOT4_POLYFILL=1: the adapter seems to lack dot4I8Packed, and shaders that use it are refused;
 * - DOT4_ADAPTER=hardware|software: which adapter.
 */
import { dawn, type DawnOptions } from "../../src/node/dawn.ts";

const packedDot = "packed_4x8_integer_dot_product";

/** Dawn fills fresh memory with ones in every byte, and does not clear it at its first use. */
export const dirtyMemory: DawnOptions = {
  enable: ["nonzero_clear_resources_on_creation_for_testing"],
  disable: ["lazy_clear_resource_on_first_use"],
};

/** An object like `navigator.gpu`, for `webgpu({ gpu: await testGpu() })`. */
export async function testGpu(): Promise<GPU> {
  const gpu = await dawn(process.env["DOT4_DIRTY_MEMORY"] === "1" ? dirtyMemory : {});
  return process.env["DOT4_POLYFILL"] === "1" ? withoutPackedDot(gpu) : gpu;
}

/** A device with every limit and feature of the adapter. Destroy it when done. */
export async function testDevice(): Promise<GPUDevice> {
  const adapter = await (await testGpu()).requestAdapter();
  if (!adapter) throw new Error("no adapter");
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") requiredLimits[name] = value;
  }
  const features: readonly GPUFeatureName[] = ["timestamp-query", "subgroups"];
  return adapter.requestDevice({ requiredLimits, requiredFeatures: features.filter((f) => adapter.features.has(f)) });
}

function withoutPackedDot(gpu: GPU): GPU {
  const wgslLanguageFeatures = new Set(gpu.wgslLanguageFeatures);
  wgslLanguageFeatures.delete(packedDot);
  const twin: Pick<GPU, keyof GPU> = {
    __brand: "GPU",
    wgslLanguageFeatures,
    getPreferredCanvasFormat: () => gpu.getPreferredCanvasFormat(),
    requestAdapter: async (options?: GPURequestAdapterOptions) => {
      const adapter = await gpu.requestAdapter(options);
      const requestDevice = adapter?.requestDevice.bind(adapter);
      if (adapter && requestDevice) adapter.requestDevice = async (descriptor) => refusePackedDot(await requestDevice(descriptor));
      return adapter;
    },
  };
  return twin;
}

function refusePackedDot(device: GPUDevice): GPUDevice {
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    if (/\bdot4[IU]8Packed\s*\(|^\s*requires\s+packed_4x8/m.test(descriptor.code))
      throw new Error(`${descriptor.label ?? "a shader"} uses dot4I8Packed on a device without it`);
    return createShaderModule(descriptor);
  };
  return device;
}
