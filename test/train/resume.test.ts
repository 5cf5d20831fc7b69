/** Training that goes on from a checkpoint is the training that was never interrupted. */
import { describe, expect, it } from "vitest";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make, sha256 } from "./bars.ts";
import { EPOCHS, full, run, runs } from "./resumable.ts";

describe("resume", () => {
  it.each(Object.entries(runs))(
    "%s: the same SHA-256 and the same results from any step, within epochs and between them",
    async (_, what) => {
      const whole = await run(what, undefined, false);
      const { saved, ...watched } = await run(what);
      // Saving changes nothing.
      expect({ ...watched, saved: [] }).toEqual(whole);
      expect(saved.length).toBe(19);
      for (const [at, bytes] of saved.entries()) {
        const { step, fit } = train.readCheckpoint(bytes);
        expect([step, fit!.epoch * 6 + fit!.batch]).toEqual(at < 18 ? [at + 1, at + 1] : [18, 18]);
        if (![0, 3, 5, 6, 11, 13, 17, 18].includes(at)) continue;
        const resumed = await run(what, bytes);
        expect([at, resumed.weights, resumed.steps]).toEqual([at, whole.weights, 18]);
        expect(resumed.results).toEqual(whole.results.slice(whole.results.length - resumed.results.length));
        expect(resumed.results.length).toBe(at < 18 ? EPOCHS - Math.floor(at / 6) : 0);
      }
    },
  );

  it.each(Object.entries({ ...runs, "everything at once": full }))(
    "%s: the same from before the first step, with or without a fit begun",
    async (_, what) => {
      const whole = await run(what, undefined, false);
      using fresh = await make(what.graph, { readEvery: 4, ...what.trainer });
      const unbegun = await fresh.checkpoint();
      await expect(fresh.fit({ epochs: EPOCHS, batches, ...what.fit, signal: AbortSignal.abort() })).rejects.toThrow(
        /aborted after step 0/,
      );
      const begun = await fresh.checkpoint();
      expect([unbegun, begun].map((bytes) => train.readCheckpoint(bytes)).map((c) => [c.step, c.fit?.epoch, c.fit?.batch])).toEqual([
        [0, undefined, undefined],
        [0, 0, 0],
      ]);
      for (const bytes of [unbegun, begun]) expect({ ...(await run(what, bytes, false)), saved: [] }).toEqual(whole);
    },
  );

  it("asks a schedule for no step before the first", async () => {
    const asked: number[] = [];
    const schedule = (step: number): number => (asked.push(step), 0.02);
    using before = await make(float, { optimizer: train.sgd({ lr: schedule }) });
    using after = await make(float, { optimizer: train.sgd({ lr: schedule }), resume: await before.checkpoint() });
    await after.step(first);
    expect(Math.min(...asked)).toBe(1);
  });

  it("from bytes that lie anywhere in a buffer, which may be used again", async () => {
    const { weights, saved } = await run(runs["float, adam"]);
    const buffer = new Uint8Array(saved[7]!.length + 3);
    const bytes = buffer.subarray(3);
    bytes.set(saved[7]!);
    using resumed = await make(float, { resume: bytes });
    buffer.fill(0xff);
    await resumed.fit({ epochs: EPOCHS, batches });
    expect(sha256(await resumed.graph())).toBe(weights);
  });

  it("goes on in single steps, too, and reads what had gathered", async () => {
    const all = [...batches];
    using whole = await make();
    for (const b of all) await whole.step(b);
    using before = await make();
    for (const b of all.slice(0, 2)) await before.step(b);
    const bytes = await before.checkpoint();
    expect(train.readCheckpoint(bytes).fit).toBeUndefined();
    using after = await make(float, { resume: bytes });
    expect(after.steps).toBe(2);
    for (const b of all.slice(2)) await after.step(b);
    expect(await after.metrics()).toEqual(await whole.metrics());
    expect(sha256(await after.graph())).toBe(sha256(await whole.graph()));
  });

  it("twice, from a checkpoint of a training that had resumed", async () => {
    const { weights } = await run(runs["float, adam"]);
    const { saved } = await run(runs["float, adam"]);
    const again = await run(runs["float, adam"], saved[3]);
    expect((await run(runs["float, adam"], again.saved[6])).weights).toBe(weights);
    expect(train.readCheckpoint(again.saved[6]!).step).toBe(11);
  });

  it("counts progress in the whole, and fits a second time from the start", async () => {
    const { saved } = await run(runs["float, adam"]);
    using trainer = await make(float, { readEvery: 1, resume: saved[7] });
    const done: (number | undefined)[][] = [];
    await trainer.fit({ epochs: EPOCHS, batches, onProgress: (p) => done.push([p.epoch, p.done, p.total]) });
    expect(done[0]).toEqual([1, 9, 18]);
    expect(done.at(-1)).toEqual([2, 18, 18]);
    expect((await trainer.fit({ epochs: 1, batches })).length).toBe(1);
    expect(trainer.steps).toBe(24);
  });

  it("after an abort goes on where the abort came", async () => {
    const { weights } = await run(runs["float, adam"]);
    using aborted = await make(float, { readEvery: 1 });
    const controller = new AbortController();
    const onProgress = ({ step }: train.Progress): void => void (step === 8 && controller.abort());
    await expect(aborted.fit({ epochs: EPOCHS, batches, signal: controller.signal, onProgress })).rejects.toThrow(/aborted after step 8/);
    using resumed = await make(float, { resume: await aborted.checkpoint() });
    await resumed.fit({ epochs: EPOCHS, batches });
    expect(sha256(await resumed.graph())).toBe(weights);
  });

  it("takes checkpoints that are asked for while fit is under way", async () => {
    const { weights } = await run(runs["float, adam"]);
    const taken: Promise<Uint8Array>[] = [];
    using trainer = await make(float, { readEvery: 1 });
    await trainer.fit({ epochs: EPOCHS, batches, onProgress: () => taken.push(trainer.checkpoint()) });
    const all = await Promise.all(taken);
    for (const bytes of [all[2]!, all[6]!, all[16]!]) {
      using resumed = await make(float, { resume: bytes });
      await resumed.fit({ epochs: EPOCHS, batches });
      expect(sha256(await resumed.graph())).toBe(weights);
    }
  });

  it("lets an error of save through, and what was saved before still resumes", async () => {
    const { weights } = await run(runs["float, adam"]);
    const saved: Uint8Array[] = [];
    using trainer = await make();
    const save = async (bytes: Uint8Array): Promise<void> => {
      if (saved.length === 2) throw new Error("disk full");
      saved.push(bytes);
    };
    await expect(trainer.fit({ epochs: EPOCHS, batches, checkpoint: { every: 3, save } })).rejects.toThrow("disk full");
    expect(trainer.steps).toBe(9);
    expect((await run(runs["float, adam"], saved[1])).weights).toBe(weights);
  });
});
