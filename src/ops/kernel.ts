/** Arithmetic of dispatch sizes that every kernel plan needs. */
import type { DeviceInfo } from "./op.ts";

export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

/**
 * Workgroups for `invocations` threads along one axis, folded into y where x alone would pass the device's limit.
 * The shader finds its index with `linearIndex` of shaders/lib/index.wgsl and leaves when it is past the end.
 */
export function dispatch1d(invocations: number, workgroupSize: number, device: DeviceInfo): readonly [number, number, number] {
  const groups = Math.max(1, ceilDiv(invocations, workgroupSize));
  const max = device.limits.maxComputeWorkgroupsPerDimension;
  if (groups <= max) return [groups, 1, 1];
  const y = ceilDiv(groups, max);
  return [ceilDiv(groups, y), y, 1];
}
