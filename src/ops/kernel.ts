/** Arithmetic of dispatch sizes that every kernel plan needs. */
import type { DeviceInfo, KernelCall, Shader, TensorType } from "./op.ts";
import { numel } from "../tensor/index.ts";

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

/** Elements a thread of an elementwise kernel takes, `threads` apart, so that neighbouring threads read neighbours. */
const RUN = 4;

/** The call of an elementwise kernel: Params `elements` and `threads`, workgroups of 64. */
export function elementwise(shader: Shader, t: TensorType, params: Readonly<Record<string, number>>, device: DeviceInfo): KernelCall {
  const elements = numel(t.shape);
  const threads = ceilDiv(elements, RUN);
  return { shader, params: { elements, threads, ...params }, workgroups: dispatch1d(threads, 64, device) };
}
