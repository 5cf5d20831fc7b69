/** A kernel call held against its reflected shader: every name must be known, every name that is needed must be given. */
import { DeviceError } from "../../errors.ts";
import type { DeviceInfo, KernelCall } from "../../ops/op.ts";
import { writeParams } from "../../shader/params.ts";
import type { ShaderBinding } from "../../shader/shader.ts";

export interface ResolvedCall {
  /** The WGSL that runs on this device. */
  readonly code: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly params: Uint8Array<ArrayBuffer> | undefined;
  /** In binding order; `value` is an input, output or scratch name of the op, undefined for `params`. */
  readonly bindings: readonly { readonly kind: ShaderBinding["kind"]; readonly value: string | undefined }[];
  readonly workgroups: readonly [number, number, number];
}

/**
 * @param names what bindings may name: the op's given inputs, its outputs and the variant's scratch.
 * @throws DeviceError "bad-kernel" for a fault of the plan, "limits" for more than the device allows.
 */
export function resolveCall(where: string, call: KernelCall, names: ReadonlySet<string>, device: DeviceInfo): ResolvedCall {
  const { shader } = call;
  const fail = (problem: string, expected?: string): never => {
    throw new DeviceError({
      code: "bad-kernel",
      where: `${where}, shader ${shader.name}`,
      problem,
      ...(expected ? { expected } : {}),
      remedy: "Repair the op: its kernel and its shader must agree",
    });
  };

  const constants: Record<string, number> = {};
  for (const [name, value] of Object.entries(call.constants ?? {})) {
    if (!shader.overrides.some((o) => o.name === name))
      fail(`there is no override ${name}`, shader.overrides.map((o) => o.name).join(", ") || "none");
    constants[name] = Number(value);
  }
  for (const o of shader.overrides)
    if (o.default === undefined && constants[o.name] === undefined) fail(`override ${o.name} has no default and is not given`);

  const variables = new Set(shader.bindings.map((b) => b.name));
  for (const name of Object.keys(call.bindings ?? {}))
    if (!variables.has(name)) fail(`there is no variable ${name} to bind`, [...variables].join(", "));
  const bindings = shader.bindings.map((b) => {
    if (b.name === "params" && b.kind === "uniform") return { kind: b.kind, value: undefined };
    const value = call.bindings && Object.hasOwn(call.bindings, b.name) ? call.bindings[b.name]! : b.name;
    if (!names.has(value))
      fail(`variable ${b.name} stands for "${value}", which is no input that is given, output or scratch`, [...names].join(", "));
    return { kind: b.kind, value };
  });
  const storage = bindings.filter((b) => b.kind !== "uniform").length;
  if (storage > device.limits.maxStorageBuffersPerShaderStage)
    throw new DeviceError({
      code: "limits",
      where,
      problem: `shader ${shader.name} binds more storage buffers than the device allows`,
      expected: `at most ${device.limits.maxStorageBuffersPerShaderStage}`,
      got: String(storage),
    });

  let params: Uint8Array<ArrayBuffer> | undefined;
  try {
    params = shader.params ? writeParams(shader.params, call.params ?? {}) : undefined;
  } catch (e) {
    fail((e as Error).message);
  }
  if (!shader.params && Object.keys(call.params ?? {}).length > 0) fail("params are given, but the shader has no Params");

  const max = device.limits.maxComputeWorkgroupsPerDimension;
  for (const n of call.workgroups)
    if (!Number.isInteger(n) || n < 0 || n > max)
      fail(`workgroups [${call.workgroups.join(", ")}] cannot be dispatched`, `whole numbers up to ${max}`);

  return { code: device.dot4 ? shader.code : (shader.polyfill ?? shader.code), constants, params, bindings, workgroups: call.workgroups };
}
