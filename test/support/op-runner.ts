/** Runs one variant of an op directly on a GPUDevice, with everything around it arranged so that faults show. */
import { resolveCall } from "../../src/backend/webgpu/call.ts";
import { Pipelines } from "../../src/backend/webgpu/pipelines.ts";
import { nodeWhere } from "../../src/graph/graph.ts";
import type { Attrs, DeviceInfo, OpDef, Tensors, Types, Variant } from "../../src/ops/op.ts";
import { fromWords, isPacked, storageBytes, toWords, type Tensor, type TensorType } from "../../src/tensor/index.ts";

/**
 * What outputs, scratch and the surroundings of every buffer hold before a run. As f32 it is a NaN, as four bytes all
 * are odd numbers other than 0: whatever reads it, or forgets to overwrite it, shows.
 */
export const DIRTY = 0x7fedcba9;
/** Guard words before and after each buffer: 256 bytes, the alignment that binding offsets need. */
const GUARD = 64;
/** STORAGE | UNIFORM | COPY_SRC | COPY_DST; Node has no global GPUBufferUsage. */
const USAGE = 0x80 | 0x40 | 0x4 | 0x8;

const pipelines = new WeakMap<GPUDevice, Pipelines>();

/** A fault of the op's kernel plan or shader. */
export class KernelFault extends Error {}

/**
 * Outputs of `variant`. `info.dot4` chooses the shader or its polyfill.
 * @throws KernelFault when a kernel writes outside of its outputs and scratch or leaves padding lanes non-zero; the
 * device's validation errors as they are.
 */
export async function runVariant(
  device: GPUDevice,
  info: DeviceInfo,
  op: OpDef,
  inputs: Tensors,
  attrs: Attrs,
  variant: Variant,
): Promise<Tensors> {
  const where = `${nodeWhere(op, "case")}, variant ${variant.name}`;
  const given = Object.fromEntries(Object.entries(inputs).filter(([, t]) => t !== undefined));
  const types = op.infer(given, attrs, where);
  const cache = pipelines.get(device) ?? new Pipelines(device);
  pipelines.set(device, cache);
  const buffers: GPUBuffer[] = [];
  const create = (contents: Uint32Array): GPUBuffer => {
    const words = new Uint32Array(contents.length + 2 * GUARD).fill(DIRTY);
    words.set(contents, GUARD);
    const buffer = device.createBuffer({ size: words.byteLength, usage: USAGE, mappedAtCreation: true });
    new Uint32Array(buffer.getMappedRange()).set(words);
    buffer.unmap();
    buffers.push(buffer);
    return buffer;
  };
  const dirty = (t: TensorType): GPUBuffer => create(new Uint32Array(storageBytes(t) / 4).fill(DIRTY));

  device.pushErrorScope("validation");
  let scoped = true;
  try {
    const memory = new Map<string, { type: TensorType; buffer: GPUBuffer }>();
    for (const [name, t] of Object.entries(given)) memory.set(name, { type: t, buffer: create(paddedTo(storageBytes(t) / 4, toWords(t))) });
    for (const [name, type] of Object.entries(variant.scratch ?? {})) memory.set(name, { type, buffer: dirty(type) });
    for (const name of op.outputs) {
      const shared = variant.alias?.[name] ?? variant.inPlace?.[name];
      if (shared !== undefined && !memory.has(shared))
        throw new KernelFault(`${where}: ${name} shares the memory of ${shared}, which is not given`);
      const type = types[name]!;
      memory.set(name, shared === undefined ? { type, buffer: dirty(type) } : { type, buffer: memory.get(shared)!.buffer });
      if (shared !== undefined && storageBytes(type) !== storageBytes(given[shared]!))
        throw new KernelFault(`${where}: ${name} and ${shared} differ in size`);
    }

    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const call of variant.calls) {
      const resolved = resolveCall(where, call, new Set(memory.keys()), info);
      const { pipeline, layout } = await cache.get(where, resolved);
      // A range beyond the exact size lets stray accesses land in the guard, where they are seen, instead of being
      // clamped into the last element. Shaders that need arrayLength get the exact size, as in a program; those that only ask
      // for it, for speed, add nothing to anything: min(.., 0).
      const needed = resolved.code.replace(/\bmin\(\s*arrayLength\(&\w+\)(\s*\+\s*arrayLength\(&\w+\))*,\s*0\s*\)/g, "");
      const stray = needed.includes("arrayLength") ? 0 : GUARD * 4;
      const entries = resolved.bindings.map(({ kind, value }, binding) => {
        if (value === undefined) {
          const params = device.createBuffer({ size: resolved.params!.byteLength, usage: USAGE });
          device.queue.writeBuffer(params, 0, resolved.params!);
          buffers.push(params);
          return { binding, resource: { buffer: params } };
        }
        const m = memory.get(value)!;
        return {
          binding,
          resource: { buffer: m.buffer, offset: GUARD * 4, size: storageBytes(m.type) + (kind === "uniform" ? 0 : stray) },
        };
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
      pass.dispatchWorkgroups(...resolved.workgroups);
    }
    pass.end();

    const read = [...memory].filter(([name]) => !(name in given) || shares(variant, name)).map(([name, m]) => ({ name, ...m }));
    const size = read.reduce((sum, r) => sum + r.buffer.size, 0);
    const staging = device.createBuffer({ size, usage: 0x1 | 0x8 });
    buffers.push(staging);
    let offset = 0;
    for (const r of read) {
      encoder.copyBufferToBuffer(r.buffer, 0, staging, offset, r.buffer.size);
      offset += r.buffer.size;
    }
    device.queue.submit([encoder.finish()]);
    scoped = false;
    const error = await device.popErrorScope();
    if (error) throw new KernelFault(`${where}: ${error.message}`);
    await staging.mapAsync(0x1);
    const all = new Uint32Array(staging.getMappedRange());
    const outputs: Record<string, Tensor> = {};
    offset = 0;
    for (const r of read) {
      const words = all.subarray(offset / 4, (offset + r.buffer.size) / 4);
      offset += r.buffer.size;
      for (let i = 0; i < GUARD; i++)
        if (words[i] !== DIRTY || words[words.length - 1 - i] !== DIRTY) throw new KernelFault(`${where}: writes outside of ${r.name}`);
      if (!op.outputs.includes(r.name)) continue;
      const contents = words.subarray(GUARD, words.length - GUARD);
      outputs[r.name] = fromWords(r.type, contents);
      // The storage rule packs with zeros: packing what was unpacked gives the same words only if the padding was 0.
      if (isPacked(r.type.dtype)) {
        const packed = toWords(outputs[r.name]!);
        const at = packed.findIndex((w, i) => w !== contents[i]);
        if (at >= 0)
          throw new KernelFault(`${where}: padding lanes of ${r.name} are not 0 in word ${at} (0x${contents[at]!.toString(16)})`);
      }
    }
    staging.unmap();
    return outputs;
  } finally {
    if (scoped) await device.popErrorScope();
    for (const b of buffers) b.destroy();
  }
}

const shares = (variant: Variant, input: string): boolean =>
  [...Object.values(variant.alias ?? {}), ...Object.values(variant.inPlace ?? {})].includes(input);

function paddedTo(length: number, words: Uint32Array): Uint32Array {
  if (words.length === length) return words;
  const padded = new Uint32Array(length);
  padded.set(words);
  return padded;
}

export interface NamedVariant {
  readonly name: string;
  readonly info: DeviceInfo;
  readonly variant: Variant;
}

/**
 * The variants that apply on any device that this one can stand for: with and without the flags that kernel plans ask
 * (`software`, `dot4`), and with `folded` a limit of workgroups so low that one-dimensional grids fold into y.
 */
export function variantsOf(op: OpDef, types: Types, attrs: Attrs, info: DeviceInfo, folded: boolean): readonly NamedVariant[] {
  const merged = new Map<string, NamedVariant>();
  const limits = folded ? [info.limits, { ...info.limits, maxComputeWorkgroupsPerDimension: 3 }] : [info.limits];
  for (const software of [info.software, !info.software])
    for (const dot4 of info.dot4 ? [true, false] : [false])
      for (const l of limits)
        for (const variant of op.kernel(types, attrs, { ...info, software, dot4, limits: l })) {
          if (variant.when === false) continue;
          const polyfill = !dot4 && variant.calls.some((c) => c.shader.polyfill !== undefined);
          const grid = l === info.limits ? "" : variant.calls.map((c) => c.workgroups.join("x")).join(" ");
          const plain = merged.get(variant.name + (polyfill ? " (polyfill)" : ""));
          if (grid && plain && grid === plain.variant.calls.map((c) => c.workgroups.join("x")).join(" ")) continue;
          const name = `${variant.name}${polyfill ? " (polyfill)" : ""}${grid ? " (folded)" : ""}`;
          // Run with the device's true limits: the low one only shapes the plan.
          if (!merged.has(name)) merged.set(name, { name, info: { ...info, dot4 }, variant });
        }
  return [...merged.values()];
}
