/** From `navigator.gpu` to a device that is known to compute right. */
import { DeviceError } from "../../errors.ts";
import type { DeviceInfo } from "../../ops/op.ts";
import { deviceLost, LOSS_DELAY_MS } from "./context.ts";
import { checkLimits, deviceInfo, packedDot } from "./info.ts";
import { Pipelines } from "./pipelines.ts";
import { selfTest } from "./selftest.ts";

export interface DeviceOptions {
  /** Instead of `navigator.gpu`: Dawn in Node, or a wrapper in tests. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
  /** Ask for the browser's software adapter. */
  readonly forceFallback?: boolean;
  /** `adapter` (default) asks for all the adapter allows; `standard` for what every device has. */
  readonly limits?: "adapter" | "standard";
  /** Do without dot4I8Packed even where it exists. */
  readonly polyfill?: boolean;
  /** A run that would keep the GPU busy for longer is cut into several submits; 250 ms by default. */
  readonly submitMs?: number;
  /** Told when something works, but not as well as it might; console.warn by default. */
  readonly onWarning?: (message: string) => void;
}

export interface OpenDevice {
  readonly device: GPUDevice;
  readonly info: DeviceInfo;
  readonly pipelines: Pipelines;
}

/** More of these only helps: larger tensors and larger tiles. */
const wishes = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxStorageBuffersPerShaderStage",
] as const;
const remedy = "cpu() runs everything without a GPU, slower";
const where = "webgpu";

export async function openDevice(options: DeviceOptions): Promise<OpenDevice> {
  const gpu = options.gpu ?? (typeof navigator === "undefined" ? undefined : navigator.gpu);
  if (!gpu)
    throw new DeviceError({
      code: "no-webgpu",
      where,
      problem: "there is no WebGPU here: navigator.gpu is missing",
      remedy: `Use a browser with WebGPU on a secure page, or in Node webgpu() of dot4/node. ${remedy}`,
    });
  const device = await requestDevice(gpu, options);
  try {
    const pipelines = new Pipelines(device);
    const native = (gpu.wgslLanguageFeatures as WGSLLanguageFeatures | undefined)?.has(packedDot) === true && options.polyfill !== true;
    return { device, info: deviceInfo(device, await dot4Works(device, pipelines, native, options)), pipelines };
  } catch (e) {
    device.destroy();
    throw e;
  }
}

/** An adapter serves one device, so each attempt takes a fresh one. */
async function requestDevice(gpu: GPU, options: DeviceOptions): Promise<GPUDevice> {
  const request: GPURequestAdapterOptions = {
    ...(options.powerPreference && { powerPreference: options.powerPreference }),
    ...(options.forceFallback && { forceFallbackAdapter: true }),
  };
  const fresh = async (): Promise<GPUAdapter> => {
    const adapter = await gpu.requestAdapter(request);
    if (!adapter) throw new DeviceError({ code: "no-adapter", where, problem: "WebGPU is there, but no GPU adapter", remedy });
    return adapter;
  };
  const adapter = await fresh();
  checkLimits(where, adapter.limits);
  const requiredLimits = Object.fromEntries(wishes.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("timestamp-query") ? ["timestamp-query"] : [];
  try {
    return await adapter.requestDevice(options.limits === "standard" ? { requiredFeatures } : { requiredFeatures, requiredLimits });
  } catch {
    // Some drivers promise limits that they then refuse.
    const second = await fresh();
    return second.requestDevice().catch((cause: unknown) => {
      throw new DeviceError({
        code: "no-device",
        where,
        problem: `the adapter gave no device: ${(cause as Error).message}`,
        remedy,
        cause,
      });
    });
  }
}

/**
 * Whether the native dot product is there and right. The rest must be right in any case.
 * @throws DeviceError when even that computes wrong integers: such a device is of no use. DeviceLostError when it is lost
 * meanwhile, for then the self-test fails or never ends.
 */
async function dot4Works(device: GPUDevice, pipelines: Pipelines, native: boolean, options: DeviceOptions): Promise<boolean> {
  const warn = options.onWarning ?? ((message) => console.warn(message));
  const lost = device.lost.then((info) => Promise.reject(deviceLost(info)));
  const test = async (form: boolean): Promise<string | undefined> => {
    const fault = await Promise.race([lost, selfTest(device, pipelines, form)]);
    // The word of a loss may come a little after the failure.
    if (fault !== undefined) await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, LOSS_DELAY_MS))]);
    return fault;
  };
  const fault = native ? await test(true) : options.polyfill ? undefined : `the WGSL feature ${packedDot} is missing`;
  if (native && fault === undefined) return true;
  if (fault !== undefined) warn(`dot4: ${fault}; int8 products are computed in f32 instead: the same results, on most GPUs slower`);
  const second = await test(false);
  if (second !== undefined)
    throw new DeviceError({
      code: "self-test",
      where,
      problem: `the device computes wrong integers: ${second}`,
      remedy: `Update the GPU driver or browser. ${remedy}`,
    });
  return false;
}
