/** A device lost while training: without `recover` every promise fails in time, with it nobody notices. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { DeviceError, DeviceLostError, UsageError } from "../../src/errors.ts";
import { Random } from "../../src/numerics/random.ts";
import * as quant from "../../src/quant/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make, sha256, test } from "./bars.ts";
import { late } from "../backend/failing.ts";
import { mortal, Saboteur, type DeviceCall } from "./mortal.ts";

/** DOT4_FUZZ asks for the full measure. */
const full = Boolean(process.env["DOT4_FUZZ"]);
const qat = quant.prepareQat(float, quant.int8());
const schedule = train.cosine({ lr: 0.05, steps: 18, warmup: 2 });
const plan = { epochs: 3, batches, evaluate: test, freezeObserversFrom: 2 };

/** Fits on a backend that is lost at the calls that `dies` names, on one that follows, and so on. */
async function survivor(dies: (call: string, device: number) => boolean, recover?: { readonly every: number; readonly attempts?: number }) {
  const opened: ReturnType<typeof mortal>[] = [];
  const open = (): Backend => {
    const device = opened.length;
    opened.push(mortal((call) => dies(call, device)));
    return opened.at(-1)!;
  };
  const saved: Uint8Array[] = [];
  const progress: train.Progress[] = [];
  {
    using trainer = await make(qat, {
      optimizer: train.sgd({ lr: schedule, momentum: 0.9 }),
      readEvery: 4,
      backend: open(),
      recover: recover && { backend: async () => open(), ...recover },
    });
    const save = async (bytes: Uint8Array): Promise<void> => void saved.push(bytes);
    const results = await trainer.fit({ ...plan, onProgress: (p) => progress.push(p), checkpoint: { every: 7, save } });
    const weights = sha256(await trainer.graph());
    expect(trainer.backend).toBe(opened.at(-1));
    trainer.dispose();
    // Its queue is empty, so it has let go of its graph by the next turn.
    await new Promise((resolve) => setTimeout(resolve));
    return { weights, results, progress, saved, opened };
  }
}
/** What must not differ. */
const seen = ({ weights, results, progress, saved }: Awaited<ReturnType<typeof survivor>>) => ({ weights, results, progress, saved });

describe("recovery", () => {
  it("from a loss at any call of any kind gives the same weights, results and checkpoints", { timeout: 120_000 }, async () => {
    const calls: string[] = [];
    const whole = await survivor((call) => calls.push(call) < 0, { every: 5 });
    expect(whole.opened.length).toBe(1);
    for (const kind of ["compile", "run", "step", "read", "write"]) expect(calls).toContain(kind);
    expect(calls.length).toBeGreaterThan(60);
    // Each fourth call, and those of a kind that there are few of; all with the full measure.
    const tried = calls.map((_, at) => at).filter((at) => full || at % 4 === 1 || calls[at] === "compile" || at < 8);
    for (const at of tried) {
      let count = 0;
      const result = await survivor((_, device) => device === 0 && count++ === at, { every: 5 });
      expect([at, calls[at], result.opened.length]).toEqual([at, calls[at], 2]);
      expect(seen(result)).toEqual(seen(whole));
      expect(result.opened.map((b) => b.live())).toEqual([0, 0]);
    }
  });

  it("from losses again and again, in replays and while compiling, too", { timeout: 60_000 }, async () => {
    const whole = await survivor(() => false);
    const r = new Random(3);
    let losses = 0;
    for (let i = 0; i < 6; i++) {
      const result = await survivor(() => r.int(0, 29) === 0, { every: 3, attempts: 8 });
      expect(seen(result)).toEqual(seen(whole));
      expect(result.opened.every((b) => b.live() === 0)).toBe(true);
      losses += result.opened.length - 1;
    }
    expect(losses).toBeGreaterThan(12);
    await expect(survivor((call) => call === "run")).rejects.toBeInstanceOf(DeviceLostError);
  });

  it("gives up after so many attempts in a row, and the next call tries anew", async () => {
    let alive = true;
    let opened = 0;
    using trainer = await make(float, {
      backend: mortal(() => !alive),
      recover: { backend: async () => (opened++, mortal(() => !alive)), attempts: 2 },
    });
    await trainer.step(first);
    alive = false;
    const failure = trainer.step(first);
    await expect(failure).rejects.toBeInstanceOf(DeviceLostError);
    await expect(failure).rejects.toMatchObject({ code: "not-recovered" });
    expect(opened).toBe(2);
    alive = true;
    await trainer.step(first);
    using whole = await make();
    await whole.step(first);
    await whole.step(first);
    expect(sha256(await trainer.graph())).toBe(sha256(await whole.graph()));
  });

  it("waits for an adapter to come back; other errors of the factory end it at once", async () => {
    let opened = 0;
    const gone = new DeviceError({ code: "no-adapter", where: "webgpu", problem: "planted", remedy: "none" });
    const dies = (): ((call: string) => boolean) => {
      let steps = 0;
      return (call) => call === "step" && ++steps === 2;
    };
    using patient = await make(float, {
      backend: mortal(dies()),
      recover: { backend: () => (++opened < 3 ? Promise.reject(gone) : Promise.resolve(mortal(() => false))) },
    });
    await patient.step(first);
    await patient.step(first);
    expect([opened, patient.steps]).toEqual([3, 2]);
    using broken = await make(float, { backend: mortal(dies()), recover: { backend: () => Promise.reject(new Error("no such page")) } });
    await broken.step(first);
    await expect(broken.step(first)).rejects.toThrow("no such page");
  });

  it("replays batches as they were, although their arrays are used again", async () => {
    const all = [...batches].slice(0, 5);
    using whole = await make();
    for (const b of all) await whole.step(b);
    let steps = 0;
    using trainer = await make(float, {
      backend: mortal((call) => call === "step" && ++steps === 5),
      recover: { backend: async () => mortal(() => false) },
    });
    const [x, labels] = [first.x!.data.slice() as Float32Array, first.labels!.data.slice() as Int32Array];
    for (const b of all) {
      x.set(b.x!.data);
      labels.set(b.labels!.data);
      await trainer.step({ x: tensor("f32", first.x!.shape, x), labels: tensor("i32", [16], labels) });
    }
    expect(sha256(await trainer.graph())).toBe(sha256(await whole.graph()));
  });

  it("refuses intervals and attempts that are none", async () => {
    const backend = async (): Promise<Backend> => mortal(() => false);
    for (const wrong of [{ every: 0 }, { every: 1.5 }, { attempts: NaN }, { attempts: -1 }])
      await expect(make(float, { recover: { backend, ...wrong } })).rejects.toThrow(UsageError);
  });
});

describe("on the GPU", () => {
  const phases: readonly [name: string, call: DeviceCall][] = [
    ["upload", "writeBuffer"],
    ["dispatch", "submit"],
    ["read-back", "mapAsync"],
  ];
  let healthy: WebGpuBackend;
  let weights: string;
  let memory: unknown;
  const options = { optimizer: train.adam({ lr: 0.02 }), readEvery: 2 };
  beforeAll(async () => {
    healthy = await new Saboteur().open();
    using trainer = await make(float, { ...options, backend: healthy });
    await trainer.fit({ epochs: 8, batches });
    weights = sha256(await trainer.graph());
    memory = healthy.memory();
  });
  afterAll(() => healthy.dispose());

  it("20 losses at random steps, in each phase of them: the same weights, no buffer left", { timeout: 120_000 }, async () => {
    const saboteur = new Saboteur();
    const opened: WebGpuBackend[] = [];
    let attempts = 0;
    const open = async (): Promise<WebGpuBackend> => {
      attempts++;
      opened.push(await saboteur.open());
      return opened.at(-1)!;
    };
    const r = new Random(20);
    const steps = new Set(r.permutation(46).slice(0, 20));
    const trainer = await make(float, { ...options, backend: await open(), recover: { backend: open, every: 4 } });
    function* sabotaged(epoch: number): Generator<train.Batch> {
      for (const [i, batch] of [...batches.epoch(epoch)].entries()) {
        if (steps.has(epoch * 6 + i)) saboteur.arm(r.pick(phases)[1], r.int(0, 1));
        yield batch;
      }
    }
    await trainer.fit({ epochs: 8, batches: { epoch: sabotaged, length: 6 } });
    expect(sha256(await trainer.graph())).toBe(weights);
    // Some strike a device that is only just being opened.
    expect([saboteur.strikes, attempts]).toEqual([20, 21]);
    expect(opened.at(-1)!.memory()).toEqual(memory);
    trainer.dispose();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(opened.map((b) => b.memory().buffers)).toEqual(opened.map(() => 0));
    opened.forEach((b) => b.dispose());
  });

  it.each([...phases, ["the save of a checkpoint", "mapAsync"] as const])(
    "without recovery, lost in %s: every promise under way fails with DeviceLostError within 2 s",
    { timeout: 60_000 },
    async (phase, call) => {
      const r = new Random(phase.length);
      for (let i = 0; i < (full ? 5 : 2); i++) {
        const saboteur = new Saboteur();
        const backend = await saboteur.open();
        const trainer = await make(float, { ...options, backend });
        const all = [...batches];
        const before = r.int(0, 4);
        for (const b of all.slice(0, before)) await trainer.step(b);
        await trainer.metrics();
        saboteur.arm(call);
        const saving = phase.startsWith("the save");
        const pending = saving ? [trainer.checkpoint(), trainer.step(all[5]!)] : [trainer.step(all[4]!), trainer.step(all[5]!)];
        const settling = Promise.allSettled([...pending, trainer.metrics(), trainer.graph(), trainer.checkpoint()]);
        // From the loss on: the steps before it take as long as the machine does.
        const settled = await Promise.race([settling, late(saboteur.struck)]);
        expect(saboteur.strikes).toBe(1);
        // A step resolves when it is on its way: one before the loss may have; what reads cannot.
        const failed = settled.filter((s) => s.status === "rejected").map((s): unknown => s.reason);
        expect(failed.length).toBeGreaterThanOrEqual(3);
        for (const e of failed) expect(e).toBeInstanceOf(DeviceLostError);
        expect(settled.slice(2).every((s) => s.status === "rejected")).toBe(true);
        await expect(trainer.step(first)).rejects.toBeInstanceOf(DeviceLostError);
        trainer.dispose();
        await new Promise((resolve) => setTimeout(resolve, 10));
        expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
        backend.dispose();
      }
    },
  );

  it(
    "lost in the middle of a save: the save is whole, the training goes on, from the copy that was taken",
    { timeout: 60_000 },
    async () => {
      const saboteur = new Saboteur();
      const saved: Uint8Array[] = [];
      using first = await saboteur.open();
      const opened: WebGpuBackend[] = [];
      const backend = async (): Promise<WebGpuBackend> => (opened.push(await saboteur.open()), opened[0]!);
      const trainer = await make(float, { ...options, backend: first, recover: { backend } });
      const save = async (bytes: Uint8Array): Promise<void> => {
        const half = bytes.slice(0, bytes.length / 2);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (saved.length === 1) saboteur.strike();
        await new Promise((resolve) => setTimeout(resolve, 5));
        saved.push(Uint8Array.of(...half, ...bytes.subarray(half.length)));
      };
      await trainer.fit({ epochs: 8, batches, checkpoint: { every: 10, save } });
      expect([saboteur.strikes, opened.length]).toEqual([1, 1]);
      expect(sha256(await trainer.graph())).toBe(weights);
      expect(saved.map((bytes) => train.readCheckpoint(bytes).step)).toEqual([10, 20, 30, 40, 48]);
      using resumed = await make(float, { ...options, backend: healthy, resume: saved[1] });
      await resumed.fit({ epochs: 8, batches });
      expect(sha256(await resumed.graph())).toBe(weights);
      trainer.dispose();
      opened[0]!.dispose();
    },
  );

  it("lost while the states of a checkpoint are read: the same checkpoint, from another device", { timeout: 60_000 }, async () => {
    const take = async (backend: WebGpuBackend, recover?: train.RecoverOptions, arm?: () => void): Promise<Uint8Array> => {
      using trainer = await make(float, { ...options, backend, recover });
      for (const b of batches) await trainer.step(b);
      arm?.();
      return trainer.checkpoint();
    };
    const saboteur = new Saboteur();
    using first = await saboteur.open();
    const opened: WebGpuBackend[] = [];
    const backend = async (): Promise<WebGpuBackend> => (opened.push(await saboteur.open()), opened.at(-1)!);
    const bytes = await take(first, { backend, every: 50 }, () => saboteur.arm("mapAsync"));
    expect([saboteur.strikes, opened.length]).toEqual([1, 1]);
    expect(Buffer.compare(bytes, await take(healthy))).toBe(0);
    opened[0]!.dispose();
  });
});
