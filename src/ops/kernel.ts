/** Arithmetic of dispatch sizes that every kernel plan needs. */
import type { DeviceInfo, KernelCall, Shader, TensorType, Variant } from "./op.ts";
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

/** Elements or vec4s a thread of an elementwise kernel takes, `threads` apart, so that neighbouring threads read neighbours. */
const RUN = 4;

/**
 * The variants of an elementwise kernel, workgroups of 64: one with Params `vectors` and `threads` for whole vec4s, and one
 * with `elements` and `threads` for any number.
 */
export function elementwise(
  vec4: Shader,
  scalar: Shader,
  t: TensorType,
  params: Readonly<Record<string, number>>,
  device: DeviceInfo,
): readonly Variant[] {
  const elements = numel(t.shape);
  const call = (shader: Shader, name: string, count: number): KernelCall => {
    const threads = ceilDiv(count, RUN);
    return { shader, params: { [name]: count, threads, ...params }, workgroups: dispatch1d(threads, 64, device) };
  };
  return [
    { name: "vec4", when: elements % 4 === 0 && elements > 0, calls: [call(vec4, "vectors", elements / 4)] },
    { name: "elements", calls: [call(scalar, "elements", elements)] },
  ];
}
