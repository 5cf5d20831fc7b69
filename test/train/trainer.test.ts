/** A trainer at work: epoch by epoch, and step by step. */
import { describe, expect, it } from "vitest";
import { AbortError, UsageError } from "../../src/errors.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { backend, batches, data, float, make, test, weights } from "./bars.ts";

describe("fit", () => {
  it("learns, reports progress and test accuracy, and leaves the given graph as it was", async () => {
    const before = String(float);
    const initial = weights(float).map((t) => t.data.slice());
    using trainer = await make(float, { readEvery: 2 });
    const progress: train.Progress[] = [];
    const results = await trainer.fit({ epochs: 8, batches, evaluate: test, onProgress: (p) => progress.push(p) });
    expect(results.length).toBe(8);
    expect(results.at(-1)!.loss).toBeLessThan(results[0]!.loss / 2);
    expect(results.at(-1)!.testAccuracy).toBeGreaterThan(0.9);
    const trained = await trainer.graph();
    expect((await train.evaluate(trained, test, backend)).accuracy).toBe(results.at(-1)!.testAccuracy);
    expect(String(float)).toBe(before);
    expect(weights(float).map((t) => t.data)).toEqual(initial);
    expect([...trained.states.keys()]).toEqual([...float.states.keys()]);
    // 6 batches an epoch (the last of 13), read at every second and at the end of the epoch, where nothing is left over.
    expect(progress.slice(0, 4).map((p) => [p.epoch, p.done, p.samples])).toEqual([
      [0, 2, 32],
      [0, 4, 32],
      [0, 6, 29],
      [1, 8, 32],
    ]);
    expect(progress.at(-1)).toMatchObject({ epochs: 8, total: 48, step: 48 });
  });

  it("same seed, same bits", async () => {
    const once = async (): Promise<Tensor[]> => {
      using trainer = await make();
      await trainer.fit({ epochs: 2, batches });
      return weights(await trainer.graph());
    };
    expect(await once()).toEqual(await once());
  });

  it("counts a smaller last batch by its size", async () => {
    using trainer = await make();
    const [result] = await trainer.fit({ epochs: 1, batches: train.batches(data, { batchSize: 90, shuffle: false }) });
    using other = await make();
    const big = train.slice(data, 0, 90);
    await other.step([...train.batches(big, { batchSize: 90, shuffle: false })][0]!);
    const a = await other.metrics();
    await other.step([...train.batches(train.slice(data, 90), { batchSize: 3, shuffle: false })][0]!);
    const b = await other.metrics();
    expect(result!.loss).toBeCloseTo((a.loss * 90 + b.loss * 3) / 93, 5);
    // An untrained net knows nothing: about ln 3 a sample.
    expect(Math.abs(a.loss - Math.log(3))).toBeLessThan(0.4);
  });

  it("stops at an abort signal with what was learned so far", async () => {
    using trainer = await make(float, { readEvery: 1 });
    const controller = new AbortController();
    const failure = trainer.fit({
      epochs: 5,
      batches,
      signal: controller.signal,
      onProgress: ({ step }) => step === 3 && controller.abort(),
    });
    await expect(failure).rejects.toThrow(AbortError);
    expect(trainer.steps).toBe(3);
    expect(weights(await trainer.graph())).not.toEqual(weights(float));
    await expect(trainer.fit({ epochs: 1, batches, signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
  });

  it("refuses epochs that are none and batches that run out", async () => {
    using trainer = await make();
    for (const epochs of [0, -1, 1.5, NaN]) await expect(trainer.fit({ epochs, batches })).rejects.toThrow(UsageError);
    await expect(trainer.fit({ epochs: 1, batches: [] })).rejects.toThrow(/epoch 0 holds no batch/);
    const once = batches.epoch(0) as Iterable<train.Batch>;
    await expect(trainer.fit({ epochs: 2, batches: once })).rejects.toThrow(/epoch 1 holds no batch/);
  });
});

describe("step", () => {
  it("queues calls that do not wait for each other", async () => {
    const run = async (wait: boolean): Promise<Tensor[]> => {
      using trainer = await make();
      const pending = [...batches].map((b) => (wait ? () => trainer.step(b) : trainer.step(b)));
      for (const p of pending) await (typeof p === "function" ? p() : p);
      expect(trainer.steps).toBe(6);
      return weights(await trainer.graph());
    };
    expect(await run(false)).toEqual(await run(true));
  });

  it("reads every readEvery steps", async () => {
    using trainer = await make(float, { readEvery: 3 });
    const read: boolean[] = [];
    for (const b of batches) read.push((await trainer.step(b)) !== undefined);
    expect(read).toEqual([false, false, true, false, false, true]);
    expect(await trainer.metrics()).toMatchObject({ samples: 0, step: 6 });
  });
});
