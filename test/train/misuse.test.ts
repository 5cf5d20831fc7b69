/** What a trainer refuses: unsound batches, graphs without anything to train, calls after or during others. What it was at goes on. */
import { describe, expect, it } from "vitest";
import { Dot4Error, UsageError } from "../../src/errors.ts";
import * as quant from "../../src/quant/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { backend, batches, first, float, make, test, weights } from "./bars.ts";

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

describe("step", () => {
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

describe("trainer", () => {
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
    for (const use of [trainer.step(first), trainer.metrics(), trainer.graph(), trainer.checkpoint(), trainer.fit({ epochs: 1, batches })])
      await expect(use).rejects.toMatchObject({ name: "UsageError", code: "disposed" });
  });

  it("whose backend was disposed of says so, as does one that is made on it", async () => {
    const gone = cpu();
    using trainer = await make(float, { backend: gone });
    await trainer.step(first);
    gone.dispose();
    await expect(make(float, { backend: gone })).rejects.toMatchObject({ name: "UsageError", code: "disposed" });
    const measure = await train.evaluator(float, backend);
    measure.dispose();
    measure.dispose();
    await expect(measure(test)).rejects.toMatchObject({ name: "UsageError", code: "disposed" });
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
});
