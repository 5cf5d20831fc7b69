/** The WebGPU backend against the interpreter, and what a run may and may not do. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu, type WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { i32, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { wrapGpu } from "../support/fake-gpu.ts";
import { grow, inputsOf, recipe } from "./graphs.ts";
import { accumulate, affine, blur, double, sum } from "./ops.ts";

const quiet = { onWarning: () => undefined };
/** However long a machine with other work makes a run seem, it goes out in one submit. */
const uncut = { ...quiet, submitMs: 1e9 };
const ramp = (n: number, start = 0): Tensor =>
  tensor(
    "i32",
    [n, 1],
    Int32Array.from({ length: n }, (_, i) => start + i),
  );
const data = (t: Tensor | undefined): number[] => [...t!.data];

/** y = blurred x twice, step <- 3 step + 1; x i32 [n, 1]. */
function training(): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", i32(["n", 1]));
  const step = b.state("step", "buffer", tensor("i32", [7], new Int32Array(7)));
  b.output("y", b.emit(double, { x: b.emit(blur, { x })["y"] })["y"]!);
  b.output("step", step);
  b.update(step, b.emit(affine, { x: step })["y"]!);
  return b.build();
}

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await webgpu({ gpu: await testGpu(), ...quiet });
});
afterAll(() => gpu.dispose());

describe("random graphs", () => {
  it("give the interpreter's integers, run after run, with planned memory and with all values kept", async () => {
    await fc.assert(
      fc.asyncProperty(recipe(12), fc.boolean(), async (wishes, keepAll) => {
        const graph = grow(wishes);
        using actual = await gpu.compile(graph, { keepAll });
        using expected = await cpu().compile(graph, { keepAll: true });
        for (let run = 0; run < 3; run++) {
          const before = await expected.readStates();
          expect(await actual(inputsOf(run))).toEqual(await expected(inputsOf(run)));
          expect(await actual.readStates()).toEqual(await expected.readStates());
          if (!keepAll) continue;
          const kept = await actual.values();
          for (const [name, t] of await expected.values()) expect(data(kept.get(name)), name).toEqual(data(before.get(name) ?? t));
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});

describe("runs", () => {
  it("are queued: each sees the states that the one before it left, read back or not", async () => {
    using run = await gpu.compile(training());
    const x = ramp(5);
    const [first, , third] = await Promise.all([run({ x }), run.step({ x }), run({ x })]);
    expect(data(first!["step"])).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(data(third!["step"])).toEqual([4, 4, 4, 4, 4, 4, 4]);
    expect(data((await run.readStates()).get("step"))).toEqual([13, 13, 13, 13, 13, 13, 13]);
  });

  it("of several batch sizes share the states", async () => {
    using run = await gpu.compile(training(), { sizes: { n: 67 } });
    using reference = await cpu().compile(training());
    for (const n of [67, 5, 67, 131, 1]) expect(await run({ x: ramp(n, n) })).toEqual(await reference({ x: ramp(n, n) }));
  });

  it("keep their order and their results when many are asked for at once", async () => {
    using run = await gpu.compile(training(), { sizes: { n: 5 } });
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => run({ x: ramp(5, i) })));
    using reference = await cpu().compile(training());
    for (const [i, r] of results.entries()) expect(r).toEqual(await reference({ x: ramp(5, i) }));
  });

  it("take hundreds of steps without a read-back", async () => {
    using run = await gpu.compile(training(), { sizes: { n: 5 } });
    for (let i = 0; i < 300; i++) await run.step({ x: ramp(5) });
    let expected = 0;
    for (let i = 0; i < 300; i++) expected = (Math.imul(3, expected) + 1) | 0;
    expect(data((await run.readStates(["step"])).get("step"))).toEqual(new Array(7).fill(expected));
  });

  it("do not run ahead of a slow device: at most two long steps are in its queue", async () => {
    let submits = 0;
    let release!: () => void;
    const slow = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
    const watched = wrapGpu(await testGpu(), {
      onDevice: ({ queue }) => {
        const submit = queue.submit.bind(queue);
        queue.submit = (buffers) => (submits++, submit(buffers));
        queue.onSubmittedWorkDone = () => slow;
      },
    });
    using backend = await webgpu({ gpu: watched, ...uncut });
    using run = await backend.compile(training(), { sizes: { n: 5 } });
    submits = 0;
    const steps = Promise.all(Array.from({ length: 9 }, () => run.step({ x: ramp(5) })));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(submits).toBeLessThanOrEqual(2);
    release();
    await steps;
    expect(submits).toBe(9);
  });

  it("that turn out long are cut into more submits from then on", async () => {
    let submits = 0;
    const watched = wrapGpu(await testGpu(), {
      onDevice: ({ queue }) => {
        const submit = queue.submit.bind(queue);
        queue.submit = (buffers) => (submits++, submit(buffers));
        // A device that takes 100 ms for each step, one after the other.
        let done = Promise.resolve(undefined);
        queue.onSubmittedWorkDone = () => (done = done.then(() => new Promise((resolve) => setTimeout(() => resolve(undefined), 100))));
      },
    });
    using backend = await webgpu({ gpu: watched, submitMs: 5, ...quiet });
    using run = await backend.compile(training(), { sizes: { n: 5 } });
    submits = 0;
    await run.step({ x: ramp(5) });
    expect(submits).toBe(1);
    for (let i = 0; i < 12; i++) await run.step({ x: ramp(5) });
    submits = 0;
    await run.step({ x: ramp(5) });
    expect(submits).toBeGreaterThan(1);
    expect(data((await run.readStates()).get("step"))[0]).toBe((3 ** 14 - 1) / 2);
  });

  it("see states that were written", async () => {
    using run = await gpu.compile(training());
    await run.writeStates(new Map([["step", tensor("i32", [7], [1, 2, 3, 4, 5, 6, 7])]]));
    expect(data((await run({ x: ramp(5) }))["step"])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("create nothing after compile: no buffer, bind group, pipeline, shader or layout", async () => {
    const calls = new Map<string, number>();
    const watched = wrapGpu(await testGpu(), { onCall: (method) => calls.set(method, (calls.get(method) ?? 0) + 1) });
    using backend = await webgpu({ gpu: watched, ...uncut });
    using run = await backend.compile(training(), { sizes: { n: 67 } });
    calls.clear();
    for (let i = 0; i < 20; i++) await run.step({ x: ramp(67) });
    for (let i = 0; i < 20; i++) await run({ x: ramp(67) });
    expect(Object.fromEntries(calls)).toEqual({ createCommandEncoder: 40 });
  });

  it("are one compute pass and one submit; more where one would take too long, with the same results", async () => {
    let [passes, submits] = [0, 0];
    const watched = wrapGpu(await testGpu(), {
      onDevice: (device) => {
        const create = device.createCommandEncoder.bind(device);
        device.createCommandEncoder = (d) => {
          const encoder = create(d);
          const begin = encoder.beginComputePass.bind(encoder);
          encoder.beginComputePass = (p) => (passes++, begin(p));
          return encoder;
        };
        const submit = device.queue.submit.bind(device.queue);
        device.queue.submit = (buffers) => (submits++, submit(buffers));
      },
    });
    const expected = await cpu().compile(training());
    for (const submitMs of [250, 1e-6]) {
      using backend = await webgpu({ gpu: watched, submitMs, ...quiet });
      using run = await backend.compile(training(), { sizes: { n: 67 } });
      [passes, submits] = [0, 0];
      expect((await run({ x: ramp(67) }))["y"]).toEqual((await expected({ x: ramp(67) }))["y"]);
      const { dispatches } = run.stats();
      expect([passes, submits]).toEqual(submitMs === 250 ? [1, 1] : [dispatches, dispatches]);
    }
  });
});

describe("memory", () => {
  it("buffers and bytes are unchanged after 100 compile and dispose cycles", async () => {
    const before = gpu.memory();
    for (let i = 0; i < 100; i++) {
      using run = await gpu.compile(training(), { sizes: { n: 5 + i } });
      if (i % 10 === 0) await run({ x: ramp(5) });
      if (i % 10 === 5) await run.readStates();
    }
    expect(gpu.memory()).toEqual(before);
  });

  it("1,000 steps leave buffers and bytes as they were", async () => {
    using run = await gpu.compile(training(), { sizes: { n: 5 } });
    const before = gpu.memory();
    for (let i = 0; i < 1000; i++) await run.step({ x: ramp(5) });
    expect(gpu.memory()).toEqual(before);
  });

  it("is reported per program", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", i32(["n", 1]));
    const wide = b.emit(double, { x })["y"]!;
    b.output("y", b.emit(sum, { a: wide, b: b.emit(accumulate, { total: wide, x: wide })["y"] })["y"]!);
    using run = await gpu.compile(b.build(), { sizes: { n: 32 } });
    const stats = run.stats();
    expect(stats.nodes).toBe(3);
    expect(stats.dispatches).toBe(4);
    expect(stats.peakBytes).toBe(3 * 256);
    expect(stats.lowerBoundBytes).toBe(3 * 256);
  });
});

describe("profile", () => {
  it("gives a time per node and applies updates as any run does", async () => {
    using run = await gpu.compile(training(), { sizes: { n: 67 } });
    const before = gpu.memory();
    const rows = await run.profile({ x: ramp(67) }, 2);
    expect(rows.map((r) => [r.node, r.dispatches]).slice(0, 2)).toEqual([
      ["blur", 2],
      ["double", 1],
    ]);
    expect(rows.reduce((sum, r) => sum + r.dispatches, 0)).toBe(run.stats().dispatches);
    for (const r of rows) expect(r.milliseconds).toBeGreaterThanOrEqual(0);
    expect(data((await run.readStates()).get("step"))).toEqual([4, 4, 4, 4, 4, 4, 4]);
    expect(gpu.memory()).toEqual(before);
  });
});
