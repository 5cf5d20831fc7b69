/// <reference types="vite/client" />
/** Kernel plans of every op's cases, checked by name against the reflected shaders: no GPU is needed for it. */
import { describe, expect, test } from "vitest";
import { resolveCall } from "../src/backend/webgpu/call.ts";
import { required } from "../src/backend/webgpu/info.ts";
import { Random } from "../src/numerics/random.ts";
import type { DeviceInfo, KernelCall, OpDef, Types, Variant } from "../src/ops/index.ts";
import { isPacked, numel, storageBytes } from "../src/tensor/index.ts";
import type { OpCase, OpCases } from "./support/cases.ts";

const modules = import.meta.glob<Record<string, unknown>>("./ops/*.cases.ts", { eager: true });
const isCases = (v: unknown): v is OpCases => typeof v === "object" && v !== null && "op" in v && "cases" in v && "random" in v;
const suites = Object.values(modules).flatMap((exports) => Object.values(exports).filter(isCases));

const devices: readonly DeviceInfo[] = [true, false].flatMap((software) =>
  [true, false].map((dot4) => ({ dot4, software, vendor: "test", architecture: "test", limits: required })),
);

test("there are cases", () => {
  expect(suites.length).toBeGreaterThan(0);
});

describe.each(suites.map((suite) => [suite.op.name, suite] as const))("%s", (_, suite) => {
  const random = Array.from({ length: 20 }, (_, seed) => ({ ...suite.random(new Random(seed)), name: `random ${seed}` }));

  test("every device has a variant, every variant fits its shaders", () => {
    const faults = [...suite.cases, ...random].flatMap((c) => devices.flatMap((device) => faultsOf(suite.op, c, device)));
    expect([...new Set(faults)]).toEqual([]);
  });
});

function faultsOf(op: OpDef, c: OpCase, device: DeviceInfo): string[] {
  const attrs = { ...op.defaults, ...c.attrs };
  const where = `${op.name} "${c.name}"`;
  const outputs = op.infer(c.inputs, attrs, where);
  const variants = op.kernel(c.inputs, attrs, device);
  const names = variants.map((v) => v.name);
  const usable = variants.filter((v) => v.when !== false);
  return [
    ...(new Set(names).size < names.length ? [`${where}: two variants have one name: ${names.join(", ")}`] : []),
    ...(usable.length === 0 ? [`${where}: no variant for dot4 ${device.dot4}, software ${device.software}`] : []),
    ...usable.flatMap((v) => faultsOfVariant(op, v, c.inputs, outputs, device).map((fault) => `${where}, ${v.name}: ${fault}`)),
  ];
}

function faultsOfVariant(op: OpDef, variant: Variant, inputs: Types, outputs: Types, device: DeviceInfo): string[] {
  const faults: string[] = [];
  const scratch = variant.scratch ?? {};
  const values: Types = { ...inputs, ...outputs, ...scratch };
  const inPlace = variant.inPlace ?? {};
  const alias = variant.alias ?? {};
  for (const [output, input] of [...Object.entries(alias), ...Object.entries(inPlace)]) {
    if (!Object.hasOwn(outputs, output)) faults.push(`${output} is no output`);
    if (!Object.hasOwn(inputs, input)) faults.push(`${input} is no input`);
  }
  const written = new Set(Object.keys(alias));
  const readable = new Set([...Object.keys(inputs), ...Object.keys(alias)]);
  for (const call of variant.calls) {
    try {
      const resolved = resolveCall("plan", call, new Set(Object.keys(values)), device);
      faults.push(...faultsOfGroup(call, device));
      const bound = resolved.bindings.flatMap(({ kind, value }) => (value === undefined ? [] : [{ kind, value }]));
      for (const { kind, value } of bound) {
        const type = values[value]!;
        if (kind === "uniform" && (isPacked(type.dtype) || storageBytes(type) > 16)) faults.push(`${value} is too large for a uniform`);
        if (kind === "read_write" && Object.hasOwn(inputs, value)) faults.push(`the input ${value} is written; inPlace names the output`);
        if (kind === "read_write" && bound.filter((b) => b.value === value).length > 1)
          faults.push(`${value} is bound twice, once to be written`);
        if (kind !== "read_write" && !readable.has(value)) faults.push(`${value} is read before it is written`);
        if (kind === "read_write") written.add(value);
      }
      for (const value of written) readable.add(value);
    } catch (e) {
      faults.push((e as Error).message);
    }
  }
  const isEmpty = (name: string): boolean => numel(values[name]!.shape) === 0;
  for (const name of [...op.outputs, ...Object.keys(scratch)])
    if (!written.has(name) && !isEmpty(name)) faults.push(`${name} is never written`);
  return faults;
}

function faultsOfGroup({ shader, constants = {} }: KernelCall, device: DeviceInfo): string[] {
  const size = shader.workgroupSize.map((axis) =>
    typeof axis === "number" ? axis : Number(constants[axis] ?? shader.overrides.find((o) => o.name === axis)?.default),
  );
  const limits = [256, 256, 64];
  const fits = size.every((n, i) => Number.isInteger(n) && n >= 1 && n <= limits[i]!);
  const invocations = size.reduce((a, b) => a * b, 1);
  return fits && invocations <= device.limits.maxComputeInvocationsPerWorkgroup ? [] : [`a workgroup of ${size.join(" x ")}`];
}
