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

/** vec4s that a thread of an elementwise kernel takes, `threads` apart, so that neighbouring threads read neighbours. */
const RUN = 4;
/** Fewer elements than this are not worth a dispatch for the vec4s and one for what is left over. */
const FEW = 256;

/**
 * The variants of an elementwise kernel, workgroups of 64. `vec4` takes whole vec4s (Params `vectors` and `threads`; see
 * shaders/lib/runOf4.wgsl), `scalar` an element a thread (Params `elements` and `first`): the up to 3 that are left over.
 */
export function elementwise(
  vec4: Shader,
  scalar: Shader,
  t: TensorType,
  call: Pick<KernelCall, "constants" | "params" | "bindings">,
  device: DeviceInfo,
): readonly Variant[] {
  const elements = numel(t.shape);
  const vectors = Math.floor(elements / 4);
  const threads = ceilDiv(vectors, RUN);
  const rest = (first: number): KernelCall => ({
    ...call,
    shader: scalar,
    params: { elements, first, ...call.params },
    workgroups: dispatch1d(elements - first, 64, device),
  });
  const whole: KernelCall = {
    ...call,
    shader: vec4,
    params: { vectors, threads, ...call.params },
    workgroups: dispatch1d(threads, 64, device),
  };
  const even = elements % 4 === 0;
  return [
    { name: "vec4", when: elements > 0 && (even || elements >= FEW), calls: even ? [whole] : [whole, rest(4 * vectors)] },
    { name: "elements", calls: [rest(0)] },
  ];
}
