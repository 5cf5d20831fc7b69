/** On the GPU: checkpoints resume to the same bits, recovery gives them too, and NaN is named in its very step. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backend/webgpu/index.ts";
import { UsageError } from "../../src/errors.ts";
import { withStates, type Graph } from "../../src/graph/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make } from "./bars.ts";
import { Saboteur } from "./mortal.ts";
import { full, run } from "./resumable.ts";

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await new Saboteur().open();
});
afterAll(() => gpu.dispose());

const onGpu = (backend = gpu, recover?: train.RecoverOptions) => ({ ...full, trainer: { ...full.trainer, backend, recover } });

describe("QAT with batch norm, dropout, adamW and a schedule", () => {
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    whole = await run(onGpu());
  });

  it("resumes to the same SHA-256 and results from before an epoch's end, at it, after it, frozen in part and wholly", async () => {
    expect(whole.saved.length).toBe(19);
    // Index i is the checkpoint after step i + 1 of 6 an epoch.
    for (const at of [2, 5, 6, 11, 14, 17]) {
      const resumed = await run(onGpu(), whole.saved[at]);
      expect([at, resumed.weights, resumed.steps]).toEqual([at, whole.weights, 18]);
      expect(resumed.results).toEqual(whole.results.slice(-resumed.results.length));
      expect(resumed.saved.at(-1)).toEqual(whole.saved.at(-1));
    }
  });

  it("recovers to the same checkpoints from losses in each phase of freezing", async () => {
    const saboteur = new Saboteur();
    const opened: WebGpuBackend[] = [];
    const backend = async (): Promise<WebGpuBackend> => (opened.push(await saboteur.open()), opened.at(-1)!);
    const lossy = onGpu(await backend(), { backend, every: 3 });
    function* sabotaged(epoch: number): Generator<train.Batch> {
      for (const [i, batch] of [...batches.epoch(epoch)].entries()) {
        if (i === 2 * epoch + 1) saboteur.strike();
        yield batch;
      }
    }
    const { order, length } = batches;
    const result = await run({ ...lossy, fit: { ...full.fit, batches: { epoch: sabotaged, order, length } } });
    expect([saboteur.strikes, opened.length]).toEqual([3, 4]);
    expect(result.weights).toBe(whole.weights);
    expect(result.results).toEqual(whole.results);
    expect(result.saved).toEqual(whole.saved);
    opened.forEach((b) => b.dispose());
  });
});

describe("what is not finite is named within its step:", () => {
  const filled = (value: number, count: number, label: number): train.Batch => ({
    x: tensor("f32", [count, 6, 6, 1], new Float32Array(count * 36).fill(value)),
    labels: tensor("i32", [count], new Int32Array(count).fill(label)),
  });
  const spoilt = (value: number): train.Batch => {
    const x = first.x!.data.slice() as Float32Array;
    x[x.length - 1] = value;
    return { ...first, x: tensor("f32", first.x!.shape, x) };
  };
  // Logits of 1e38 leave the loss finite; a gradient sums nine such terms.
  const fc = float.states.get("fc.weight")!.tensor;
  const steep = withStates(
    float,
    new Map([
      [
        "fc.weight",
        tensor(
          "f32",
          fc.shape,
          (fc.data as Float32Array).map((v) => 8 * v),
        ),
      ],
    ]),
  );
  const wild = { optimizer: train.sgd({ lr: (step) => (step === 2 ? 3e38 : 1e-6), weightDecay: 1e3 }) };
  it.each<[string, RegExp, train.Batch, Graph, Partial<train.TrainerOptions>]>([
    ["NaN in the input", /"x"/, spoilt(NaN), float, {}],
    ["Inf in the input", /"x"/, spoilt(Infinity), float, {}],
    ["the loss", /"loss"/, filled(3e38, 16, 0), float, {}],
    ["a gradient", /"(conv|fc)\.(weight|bias)\.gradient"/, filled(2e38, 1, 0), steep, {}],
    ["a weight", /"(conv|fc)\.weight"/, first, float, wild],
  ])("%s", async (_, name, batch, graph, options) => {
    using trainer = await make(graph, { readEvery: 1, backend: gpu, ...options });
    await trainer.step(first);
    const good = await trainer.checkpoint();
    await expect(trainer.step(batch)).rejects.toMatchObject({ where: "training step 2", problem: expect.stringMatching(name) as string });
    await expect(trainer.checkpoint()).rejects.toMatchObject({ code: "not-finite" });
    using resumed = await make(graph, { backend: gpu, ...options, resume: good });
    expect(resumed.steps).toBe(1);
  });
});

describe("dispose", () => {
  it("of the trainer lets the steps under way finish, and leaves no buffer", async () => {
    using backend = await new Saboteur().open();
    const trainer = await make(float, { backend });
    const pending = [trainer.step(first), trainer.step(first), trainer.metrics()];
    trainer.dispose();
    await Promise.all(pending);
    await expect(trainer.step(first)).rejects.toMatchObject({ name: "UsageError", code: "disposed" });
    await new Promise((resolve) => setTimeout(resolve));
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });

  it("of the backend ends the steps under way and all later calls with a UsageError", async () => {
    const backend = await new Saboteur().open();
    using trainer = await make(float, { backend });
    await trainer.step(first);
    const pending = [trainer.step(first), trainer.metrics(), trainer.graph(), trainer.checkpoint()];
    const settling = Promise.allSettled(pending);
    await Promise.resolve();
    backend.dispose();
    const failed = (await settling).flatMap((s) => (s.status === "rejected" ? [s.reason as unknown] : []));
    expect(failed.length).toBeGreaterThanOrEqual(3);
    for (const e of failed) expect(e).toBeInstanceOf(UsageError);
    await expect(trainer.step(first)).rejects.toMatchObject({ code: "disposed" });
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});
