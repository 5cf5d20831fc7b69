/** What only Node can do. `import { webgpu } from "dot4/node"` in the place of the browser's `webgpu` of "dot4". */
import { webgpu as webgpuOf, type DeviceOptions, type WebGpuBackend } from "../backend/webgpu/index.ts";
import { dawn, type DawnOptions } from "./dawn.ts";

export { checkpointFile } from "./checkpointFile.ts";
export { loadIdxFolder } from "./dataset.ts";
export { dawn, type DawnOptions } from "./dawn.ts";

/**
 * The WebGPU backend on Dawn (npm package `webgpu`): a hardware adapter where there is one, else SwiftShader from a
 * system Chromium or from the npm package `@sparticuz/chromium`.
 * @throws DeviceError when there is neither; cpu() runs everything without a GPU.
 */
export async function webgpu(options: DeviceOptions & DawnOptions = {}): Promise<WebGpuBackend> {
  const { adapter, enable, disable, ...device } = options;
  return webgpuOf({ ...device, gpu: device.gpu ?? (await dawn({ adapter, enable, disable })) });
}
