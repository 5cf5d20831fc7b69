/** A graph with all sizes bound, made ready on a device: all that a run needs exists, a run only uploads and submits. */
import { prune, type Graph } from "../../graph/index.ts";
import type { Value } from "../../ops/op.ts";
import { storageBytes, toWords, type Tensor } from "../../tensor/index.ts";
import type { Inputs, ProgramStats } from "../backend.ts";
import { DATA, PARAMS, type Context } from "./context.ts";
import type { Pipeline } from "./pipelines.ts";
import type { Place } from "./plan.ts";
import { prepare, type Choose, type Prepared } from "./prepare.ts";
import { profile, type ProfileRow } from "./profile.ts";
import { Readback, type Source } from "./readback.ts";
import { cut, submitsFor } from "./work.ts";

/** Buffers that all programs of a compiled graph share. */
export interface Shared {
  readonly states: ReadonlyMap<Value, GPUBuffer>;
  readonly constants: ReadonlyMap<Value, GPUBuffer>;
}

interface Dispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

export interface ProgramOptions {
  readonly keepAll?: boolean;
  readonly choose?: Choose;
}

/** Steps between two looks at the queue, at most; twice as many may be in flight. Uploads of more would pile up. */
const MAX_STRIDE = 8;
/** A stride is doubled when it takes less than the first of these, halved when it takes more than the second. */
const STRIDE_MS = [50, 200] as const;

export class Program {
  readonly stats: ProgramStats;
  readonly #context: Context;
  readonly #inputs: ReadonlyMap<string, GPUBuffer>;
  readonly #dispatches: readonly Dispatch[];
  readonly #work: readonly number[];
  #submits: readonly (readonly Dispatch[])[];
  readonly #outputs: Readback;
  /** Where every value can be read after a run, with `keepAll`. */
  readonly #kept: readonly Source[];
  readonly #owned: readonly GPUBuffer[];
  /** After how many steps to look whether the device keeps up: seldom for short steps, each time for long ones. */
  #stride = 1;
  #sinceLook = 0;
  #lookedAt = 0;
  #behind = false;
  #warm = false;
  #drained: Promise<unknown> = Promise.resolve();

  private constructor(
    context: Context,
    graph: Graph,
    prepared: Prepared,
    shared: Shared,
    pipelines: readonly Pipeline[],
    make: (size: number, usage: number) => GPUBuffer,
  ) {
    const { device } = context;
    const owned: GPUBuffer[] = [];
    const create = (size: number, usage: number): GPUBuffer => {
      const buffer = make(size, usage);
      owned.push(buffer);
      return buffer;
    };
    const input = new Map(graph.inputs.map((v) => [v, create(storageBytes(graph.types.get(v)!), DATA)]));
    const pool = prepared.plan.pool.map((bytes) => create(bytes, DATA));
    const params = prepared.params.byteLength > 0 ? create(prepared.params.byteLength, PARAMS) : undefined;
    const tables = { input, state: shared.states, constant: shared.constants };
    const bufferOf = (place: Place): GPUBuffer => (place.kind === "pool" ? pool[place.index]! : tables[place.kind].get(place.name)!);

    if (params) device.queue.writeBuffer(params, 0, prepared.params);
    this.#dispatches = prepared.calls.map(({ label, resolved, memory, paramsOffset }, i) => {
      const entries = resolved.bindings.map(({ value }, binding) => {
        if (value === undefined) return { binding, resource: { buffer: params!, offset: paramsOffset, size: resolved.params!.byteLength } };
        const { place, type } = memory.get(value)!;
        // The exact size, so that arrayLength() in a shader is the value's length though the buffer may be larger.
        return { binding, resource: { buffer: bufferOf(place), size: storageBytes(type) } };
      });
      const { pipeline, layout } = pipelines[i]!;
      return { label, pipeline, bindGroup: device.createBindGroup({ layout, entries }), workgroups: resolved.workgroups };
    });
    this.#work = prepared.calls.map((c) => c.work);
    this.#submits = cut(
      this.#dispatches,
      this.#work,
      submitsFor(
        this.#work.reduce((a, b) => a + b, 0),
        context.info,
        context.submitMs,
      ),
    );

    const sources = [...prepared.plan.readable].map(([name, { place, type }]) => ({ name, type, buffer: bufferOf(place) }));
    const byValue = new Map(sources.map((s) => [s.name, s]));
    this.#kept = sources;
    this.#outputs = new Readback(
      context,
      [...graph.outputs].map(([name, value]) => ({ ...byValue.get(value)!, name })),
      2,
      create,
    );
    this.#context = context;
    this.#inputs = input;
    this.#owned = owned;
    const bytes = (buffers: Iterable<GPUBuffer>): number => [...buffers].reduce((sum, b) => sum + b.size, 0);
    this.stats = {
      nodes: graph.nodes.length,
      dispatches: this.#dispatches.length,
      persistentBytes:
        bytes(input.values()) +
        bytes(shared.states.values()) +
        bytes(shared.constants.values()) +
        this.#outputs.bytes +
        prepared.params.byteLength,
      peakBytes: prepared.plan.peakBytes,
      lowerBoundBytes: prepared.plan.lowerBoundBytes,
    };
  }

  /** @throws DeviceError | OutOfMemoryError; nothing is left behind. */
  static async create(context: Context, bound: Graph, shared: Shared, options: ProgramOptions = {}): Promise<Program> {
    // What nobody reads is not computed, unless every value is asked for.
    const graph = options.keepAll ? bound : prune(bound);
    const prepared = prepare(graph, context.info, context.device.limits.minUniformBufferOffsetAlignment, options);
    const wanted = prepared.plan.peakBytes + graph.inputs.reduce((sum, v) => sum + storageBytes(graph.types.get(v)!), 0);
    const pipelines = await context.wait(Promise.all(prepared.calls.map(({ where, resolved }) => context.pipelines.get(where, resolved))));
    return context.creating("compile", wanted, (make) => new Program(context, graph, prepared, shared, pipelines, make));
  }

  /** Resolves when the run is queued. One call at a time. */
  async step(inputs: Inputs): Promise<void> {
    if (++this.#sinceLook >= this.#stride) await this.#look();
    this.#context.check();
    this.#run(inputs);
  }

  /** Waits until the steps before the last look are done. */
  async #look(): Promise<void> {
    const before = this.#drained;
    // A device that fails says so at the check that follows.
    this.#drained = this.#context.wait(this.#context.device.queue.onSubmittedWorkDone()).catch(() => undefined);
    const asked = performance.now();
    await before;
    const [now, [short, long]] = [performance.now(), STRIDE_MS];
    const taken = now - this.#lookedAt;
    // Twice in a row the device was behind: it was busy all the time between, so that time is what the steps take.
    const behind = now - asked > 1;
    if (behind && this.#behind) this.#measured(taken / this.#sinceLook);
    this.#behind = behind;
    if (taken < short) this.#stride = Math.min(MAX_STRIDE, 2 * this.#stride);
    else if (taken > long) this.#stride = Math.max(1, this.#stride >> 1);
    this.#lookedAt = now;
    this.#sinceLook = 0;
  }

  /** Resolves when the run is queued, to the promise of its outputs (in an object: a promise would be awaited). */
  async call(inputs: Inputs): Promise<{ readonly outputs: Promise<Map<string, Tensor>> }> {
    const slot = await this.#outputs.take();
    this.#context.check();
    const { work } = this.#context;
    const idle = work.done === work.queued;
    const start = performance.now();
    const ticket = this.#run(inputs, (encoder) => this.#outputs.copy(encoder, slot));
    const outputs = this.#outputs.read(slot);
    outputs.then(
      () => {
        work.done = Math.max(work.done, ticket);
        if (idle) this.#measured(performance.now() - start);
      },
      () => undefined,
    );
    return { outputs };
  }

  #upload(inputs: Inputs): void {
    const { queue } = this.#context.device;
    for (const [name, buffer] of this.#inputs) {
      const words = toWords(inputs[name]!);
      queue.writeBuffer(buffer, 0, words.buffer as ArrayBuffer, words.byteOffset, words.byteLength);
    }
  }

  /** Returns the number of this piece of work in the device's queue. */
  #run(inputs: Inputs, finish?: (encoder: GPUCommandEncoder) => void): number {
    this.#upload(inputs);
    const last = this.#submits.length - 1;
    for (let i = 0; i <= Math.max(0, last); i++) {
      const encoder = this.#context.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      let current: GPUComputePipeline | undefined;
      for (const { pipeline, bindGroup, workgroups } of this.#submits[i] ?? []) {
        if (pipeline !== current) pass.setPipeline((current = pipeline));
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      }
      pass.end();
      if (i >= last) finish?.(encoder);
      this.#context.device.queue.submit([encoder.finish()]);
    }
    return ++this.#context.work.queued;
  }

  /** A run that took longer than its submits may: the next ones are cut finer. The first run does not count, drivers warm up. */
  #measured(ms: number): void {
    if (!this.#warm) {
      this.#warm = true;
      return;
    }
    const wanted = Math.min(this.#dispatches.length, Math.ceil(ms / this.#context.submitMs));
    if (wanted > this.#submits.length) this.#submits = cut(this.#dispatches, this.#work, wanted);
  }

  /** Runs `runs` times and measures. Updates apply as in any run. */
  profile(inputs: Inputs, runs: number): Promise<readonly ProfileRow[]> {
    this.#upload(inputs);
    const labelled = this.#dispatches.map(({ label, pipeline, bindGroup, workgroups }) => ({
      label,
      encode: (pass: GPUComputePassEncoder) => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...workgroups);
      },
    }));
    return profile(this.#context, labelled, runs);
  }

  /** Every value of the last run. Only with `keepAll`. */
  async values(): Promise<Map<string, Tensor>> {
    return readNow(this.#context, this.#kept);
  }

  dispose(): void {
    this.#owned.forEach((b) => this.#context.destroy(b));
  }
}

/** Reads buffers once, through a staging buffer made for the purpose. */
export async function readNow(context: Context, sources: readonly Source[]): Promise<Map<string, Tensor>> {
  if (sources.length === 0) return new Map();
  const readback = await context.creating("read", 0, (make) => new Readback(context, sources, 1, make));
  try {
    const slot = await readback.take();
    const encoder = context.device.createCommandEncoder();
    readback.copy(encoder, slot);
    context.device.queue.submit([encoder.finish()]);
    return await readback.read(slot);
  } finally {
    readback.dispose();
  }
}
