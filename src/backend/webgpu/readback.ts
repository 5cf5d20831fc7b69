/** Buffers that the host maps to read a program's outputs; made at compile, taken in turn. */
import { fromWords, storageBytes, storageWords, type Tensor, type TensorType } from "../../tensor/index.ts";
import { MAP_READ, STAGING, type Context } from "./context.ts";

export interface Source {
  readonly name: string;
  readonly type: TensorType;
  readonly buffer: GPUBuffer;
}

interface Slot {
  readonly buffer: GPUBuffer;
  /** Settles, without error, when the read-back that it was taken for has ended. */
  free: Promise<unknown>;
}

export class Readback {
  readonly #context: Context;
  readonly #slices: readonly (Source & { readonly offset: number })[];
  readonly #slots: readonly Slot[];
  #turn = 0;
  readonly bytes: number;

  /** @param depth read-backs in flight at once: one reaches the host while the next run computes. */
  constructor(context: Context, sources: readonly Source[], depth: number, make: (size: number, usage: number) => GPUBuffer) {
    let offset = 0;
    this.#context = context;
    this.#slices = sources.map((s) => {
      const slice = { ...s, offset };
      offset += storageBytes(s.type);
      return slice;
    });
    this.#slots = Array.from({ length: depth }, () => ({ buffer: make(Math.max(4, offset), STAGING), free: Promise.resolve() }));
    this.bytes = depth * Math.max(4, offset);
  }

  /** Waits for a free slot. One caller at a time. */
  async take(): Promise<Slot> {
    const slot = this.#slots[this.#turn++ % this.#slots.length]!;
    await slot.free;
    return slot;
  }

  /** Copies all sources into the slot when the encoder's commands run. */
  copy(encoder: GPUCommandEncoder, slot: Slot): void {
    for (const { type, buffer, offset } of this.#slices) encoder.copyBufferToBuffer(buffer, 0, slot.buffer, offset, storageBytes(type));
  }

  /** The tensors, once the submitted work is done. */
  read(slot: Slot): Promise<Map<string, Tensor>> {
    const reading = this.#context.wait(slot.buffer.mapAsync(MAP_READ)).then(() => {
      const words = new Uint32Array(slot.buffer.getMappedRange());
      const tensors = new Map(
        this.#slices.map(({ name, type, offset }) => [name, fromWords(type, words.subarray(offset / 4, offset / 4 + storageWords(type)))]),
      );
      slot.buffer.unmap();
      return tensors;
    });
    slot.free = reading.catch(() => undefined);
    return reading;
  }

  /** Destroys the slots; read-backs under way fail. */
  dispose(): void {
    for (const { buffer } of this.#slots) this.#context.destroy(buffer);
  }
}
