/** What kernel plans may know of a device. */
import { DeviceError } from "../../errors.ts";
import type { DeviceInfo } from "../../ops/op.ts";

/** The WGSL language feature behind dot4I8Packed. */
export const packedDot = "packed_4x8_integer_dot_product";

/** What any WebGPU device has unless it is a compatibility-mode one, and what the kernels count on. */
export const required = {
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 134217728,
  maxStorageBuffersPerShaderStage: 8,
} as const satisfies DeviceInfo["limits"];

/** `dot4`: the language feature is there and the self-test passed. */
export function deviceInfo(device: GPUDevice, dot4: boolean): DeviceInfo {
  // Not every browser has it on the device yet; what is unknown counts as hardware.
  const { vendor = "", architecture = "", isFallbackAdapter = false } = (device.adapterInfo as GPUAdapterInfo | undefined) ?? {};
  const { limits } = device;
  return {
    dot4,
    software: isFallbackAdapter || architecture === "swiftshader",
    vendor,
    architecture,
    limits: {
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    },
  };
}

/** @throws DeviceError when the limits are below what every core WebGPU device has. */
export function checkLimits(where: string, limits: GPUSupportedLimits): void {
  for (const [name, least] of Object.entries(required)) {
    const has = limits[name as keyof typeof required];
    if (has < least)
      throw new DeviceError({
        code: "limits",
        where,
        problem: `the limit ${name} is too small`,
        expected: `at least ${least}`,
        got: String(has),
        remedy: "Use a core WebGPU adapter, or cpu() in its place",
      });
  }
}
