import { describe, expect, it } from "vitest";
import { AbortError, Dot4Error, UsageError } from "../../src/errors.ts";
import type { Graph } from "../../src/graph/index.ts";
import * as quant from "../../src/quant/index.ts";
import { scalar, tensor, type Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { backend, batches, data, first, float, make, test, weights } from "./bars.ts";

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

  it("refuses labels out of range, fractional, of another type, missing, too few", async () => {
    using trainer = await make();
    const step = (labels: Tensor | undefined) => trainer.step({ x: first.x!, ...(labels && { labels }) });
    const changed = (value: number) =>
      tensor(
        "i32",
        [16],
        Int32Array.from(first.labels!.data, (l, i) => (i === 5 ? value : l)),
      );
    for (const label of [3, -1]) await expect(step(changed(label))).rejects.toMatchObject({ code: "label-out-of-range" });
    await expect(step(tensor("f32", [16], new Float32Array(16).fill(0.5)))).rejects.toMatchObject({ code: "fractional-label" });
    await expect(step(tensor("f32", [16], new Float32Array(16)))).rejects.toMatchObject({ code: "dtype-mismatch" });
    await expect(step(undefined)).rejects.toMatchObject({ code: "missing-labels" });
    await expect(step(tensor("i32", [3], [0, 1, 2]))).rejects.toThrow(Dot4Error);
    expect(trainer.steps).toBe(0);
    await trainer.step(first);
    expect(trainer.steps).toBe(1);
  });
});

describe("a batch that is not sound", () => {
  const { x, labels } = first as { x: Tensor<"f32">; labels: Tensor };
  const detached = (): Tensor => {
    const data = x.data.slice();
    structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
    return { ...x, data };
  };
  const shared = new Float32Array(new SharedArrayBuffer(4 * x.data.length));
  it.each<[string, string, () => train.Batch]>([
    ["of another shape", "shape-mismatch", () => ({ labels, x: tensor("f32", [16, 6, 3, 2], x.data) })],
    ["of another dtype", "dtype-mismatch", () => ({ labels, x: tensor("i32", x.shape, new Int32Array(x.data.length)) })],
    ["of another length", "length-mismatch", () => ({ labels, x: { ...x, data: x.data.slice(1) } })],
    ["in a detached buffer", "detached-buffer", () => ({ labels, x: detached() })],
    ["in a shared buffer", "shared-buffer", () => ({ labels, x: { ...x, data: shared } })],
    ["of more than 2^31 elements", "too-large", () => ({ labels, x: { ...x, shape: [2 ** 26, 6, 6, 1] } })],
    ["without images", "missing-input", () => ({ labels })],
    ["with something else in it", "unknown-input", () => ({ labels, x, y: x })],
  ])("%s is refused, and the training goes on as if it had not been there", async (_, code, batch) => {
    using trainer = await make();
    await trainer.step(first);
    await expect(trainer.step(batch())).rejects.toMatchObject({ code });
    expect(trainer.steps).toBe(1);
    await trainer.step(first);
    using undisturbed = await make();
    for (let i = 0; i < 2; i++) await undisturbed.step(first);
    expect(weights(await trainer.graph())).toEqual(weights(await undisturbed.graph()));
    expect(await trainer.metrics()).toMatchObject({ step: 2 });
  });
});

describe("trainer", () => {
  it("refuses learning rates that are none, also from a schedule", async () => {
    for (const lr of [0, -1, NaN, Infinity]) {
      expect(() => train.adam({ lr })).toThrow(UsageError);
      expect(() => train.sgd({ lr })).toThrow(UsageError);
    }
    await expect(make(float, { optimizer: train.adam({ lr: () => NaN }) })).rejects.toThrow(/step 1.*positive/);
    using later = await make(float, { optimizer: train.adam({ lr: (step) => (step < 3 ? 0.1 : -1) }) });
    await later.step(first);
    await later.step(first);
    await expect(later.step(first)).rejects.toThrow(/step 3/);
  });

  it("follows a schedule without compiling anything again", async () => {
    using constant = await make(float, { optimizer: train.sgd({ lr: 0.25, momentum: 0.5 }) });
    using scheduled = await make(float, { optimizer: train.sgd({ lr: (step) => (step === 1 ? 0.25 : 2 ** -40), momentum: 0.5 }) });
    await constant.step(first);
    for (let i = 0; i < 3; i++) await scheduled.step(first);
    // 2^-40 of a gradient is below half a ulp of any weight here.
    expect(weights(await scheduled.graph())).toEqual(weights(await constant.graph()));
  });

  it("refuses nesterov where it would do nothing or is not defined", () => {
    for (const wrong of [{}, { momentum: 0 }, { momentum: -0.5 }, { momentum: 0.9, dampening: 0.1 }])
      expect(() => train.sgd({ lr: 0.1, nesterov: true, ...wrong })).toThrow(UsageError);
    train.sgd({ lr: 0.1, nesterov: true, momentum: 0.9 });
    train.sgd({ lr: 0.1, momentum: 0.9, dampening: 0.1 });
  });

  it("adamW shrinks the weights by lr * 0.01 besides what adam does; adam only at other gradients", async () => {
    const lr = 0.125;
    const after = async (optimizer: train.Optimizer): Promise<number[]> => {
      using trainer = await make(float, { optimizer });
      await trainer.step(first);
      return weights(await trainer.graph()).flatMap((t) => [...t.data]);
    };
    const before = weights(float).flatMap((t) => [...t.data]);
    const [plain, decayed, none] = [
      await after(train.adam({ lr })),
      await after(train.adamW({ lr })),
      await after(train.adamW({ lr, weightDecay: 0 })),
    ];
    expect(none).toEqual(plain);
    // Two roundings of weights below 2, each half of 2^-23.
    plain.forEach((v, i) => expect(Math.abs(v - lr * 0.01 * before[i]! - decayed[i]!)).toBeLessThan(2 ** -22));
    expect(decayed).not.toEqual(plain);
    expect(() => train.adamW({ lr: -1 })).toThrow(/adamW/);
  });

  it("amsgrad does as adam does until a second moment falls", async () => {
    const after = async (steps: number, amsgrad: boolean): Promise<Tensor[]> => {
      using trainer = await make(float, { optimizer: train.adam({ lr: 0.05, beta2: 0.5, amsgrad }) });
      for (let i = 0; i < steps; i++) await trainer.step(first);
      return weights(await trainer.graph());
    };
    expect(await after(1, true)).toEqual(await after(1, false));
    expect(await after(9, true)).not.toEqual(await after(9, false));
  });

  it("cosine rises, falls and stays", () => {
    const lr = train.cosine({ lr: 1, steps: 11, warmup: 2, final: 0.1 });
    expect([1, 2, 3, 7, 11, 99].map((s) => Number(lr(s).toFixed(3)))).toEqual([0.333, 0.667, 1, 0.55, 0.1, 0.1]);
    expect(() => train.cosine({ lr: 1, steps: 5, warmup: 5 })).toThrow(UsageError);
    expect(() => train.cosine({ lr: NaN, steps: 5 })).toThrow(UsageError);
  });

  it("refuses graphs that cannot be trained", async () => {
    await expect(make(float, { output: "scores" })).rejects.toThrow(/"scores".*logits/);
    const prepared = await quant.calibrate(quant.prepare(float, quant.int8()), batches, backend);
    await expect(make(quant.convert(prepared))).rejects.toThrow(/no parameters/);
    await expect(make(float, { readEvery: 0 })).rejects.toThrow(UsageError);
  });

  it("finishes what was asked for before dispose, and refuses what comes after", async () => {
    const trainer = await make();
    const pending = [trainer.step(first), trainer.step(first)];
    const graph = trainer.graph();
    trainer.dispose();
    trainer.dispose();
    await Promise.all(pending);
    expect(trainer.steps).toBe(2);
    expect(weights(await graph)).not.toEqual(weights(float));
    for (const use of [trainer.step(first), trainer.metrics(), trainer.graph(), trainer.fit({ epochs: 1, batches })])
      await expect(use).rejects.toMatchObject({ code: "disposed" });
  });

  it("disposed of during fit finishes the step under way, and fit ends with a typed error", async () => {
    const trainer = await make(float, { readEvery: 1 });
    const results = trainer.fit({ epochs: 2, batches, onProgress: ({ step }) => void (step === 3 && trainer.dispose()) });
    await expect(results).rejects.toMatchObject({ code: "disposed" });
    expect(trainer.steps).toBe(3);
  });

  it("refuses a second fit and single steps while fit is under way, which goes on; afterwards both are welcome", async () => {
    using trainer = await make(float, { readEvery: 1 });
    const refused: Promise<unknown>[] = [];
    const onProgress = ({ step }: train.Progress): void => {
      if (step === 2) refused.push(trainer.fit({ epochs: 1, batches }), trainer.step(first));
      for (const p of refused) p.catch(() => undefined);
    };
    await trainer.fit({ epochs: 1, batches, onProgress });
    for (const p of refused) await expect(p).rejects.toMatchObject({ name: "UsageError", code: "busy" });
    expect(trainer.steps).toBe(6);
    await trainer.step(first);
    await trainer.fit({ epochs: 1, batches });
    expect(trainer.steps).toBe(13);
    using other = await make();
    await other.fit({ epochs: 1, batches });
    using alone = await make();
    await Promise.all([alone.fit({ epochs: 1, batches }), other.step(first)]);
    expect(weights(await alone.graph())).not.toEqual(weights(await other.graph()));
  });

  it("refuses epochs and intervals that are none", async () => {
    using trainer = await make();
    const save = async (): Promise<void> => undefined;
    for (const wrong of [0, -1, 1.5, NaN]) {
      await expect(trainer.fit({ epochs: 1, batches, checkpoint: { every: wrong, save } })).rejects.toMatchObject({ code: "bad-interval" });
      if (wrong === 0) continue;
      await expect(trainer.fit({ epochs: 1, batches, freezeObserversFrom: wrong })).rejects.toThrow(/freezeObserversFrom/);
      await expect(trainer.fit({ epochs: 1, batches, freezeBatchNormFrom: wrong })).rejects.toThrow(/freezeBatchNormFrom/);
    }
    expect(trainer.steps).toBe(0);
  });

  it("label smoothing changes the loss; sgd with momentum learns too", async () => {
    const lossOf = async (labelSmoothing: number): Promise<number> => {
      using trainer = await make(float, { loss: train.crossEntropy({ labelSmoothing }) });
      await trainer.step(first);
      return (await trainer.metrics()).loss;
    };
    expect(await lossOf(0.3)).not.toBe(await lossOf(0));
    using trainer = await make(float, { optimizer: train.sgd({ lr: 0.1, momentum: 0.9 }) });
    const results = await trainer.fit({ epochs: 6, batches });
    expect(results.at(-1)!.loss).toBeLessThan(results[0]!.loss / 2);
  });
});

describe("quantization-aware training", () => {
  it("learns at 2 bits where quantizing afterwards fails, never writing a rounded weight", async () => {
    using pre = await make();
    await pre.fit({ epochs: 8, batches });
    const trained = await pre.graph();
    const config = quant.int8({ weightBits: 2 });
    const accuracy = async (g: Graph): Promise<number> => (await train.evaluate(g, test, backend)).accuracy;
    const ptq = await accuracy(quant.convert(await quant.calibrate(quant.prepare(trained, config), batches, backend)));

    using trainer = await make(quant.prepareQat(trained, config));
    await trainer.fit({ epochs: 10, batches });
    const qat = await trainer.graph();
    const int8 = quant.convert(qat);
    expect(await accuracy(int8)).toBeGreaterThan(ptq + 0.1);
    expect(await accuracy(int8)).toBeGreaterThan(0.85);
    const weight = qat.states.get("fc.weight")!.tensor.data as Float32Array;
    expect(new Set(weight).size).toBeGreaterThan(70);
    expect(quant.neverObserved(qat)).toEqual([]);
    const r = await quant.report(qat, int8, [...batches], backend);
    expect(r.largestStep).toBeLessThanOrEqual(1);
    expect(r.agreement).toBeGreaterThanOrEqual(0.99);
  });

  it("evaluates a graph that saw no data with scale 1 and says so", async () => {
    const warnings: quant.Warning[] = [];
    const qat = quant.prepareQat(float, quant.int8());
    const { accuracy } = await train.evaluate(qat, test, backend, { warn: (w) => warnings.push(w) });
    expect(accuracy).toBeGreaterThanOrEqual(0);
    expect(warnings).toMatchObject([{ code: "never-observed" }]);
  });

  it("frozen observers keep their ranges while weights go on", async () => {
    using trainer = await make(quant.prepareQat(float, quant.int8()));
    await trainer.step(first);
    const before = await trainer.graph();
    using frozen = await make(quant.freezeObservers(before));
    await frozen.fit({ epochs: 1, batches });
    const after = await frozen.graph();
    expect(after.states.get("conv.scale")).toEqual(before.states.get("conv.scale"));
    expect(after.states.get("conv.weight")).not.toEqual(before.states.get("conv.weight"));
    expect(after.states.get("conv.scale")!.tensor).not.toEqual(scalar("f32", 1));
  });
});
