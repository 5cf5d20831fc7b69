/** A training that resumes with another learning rate is refused, wherever in the training the rates differ. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { writeCheckpoint } from "../../src/train/checkpoint.ts";
import { factsOf } from "../../src/train/facts.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make } from "./bars.ts";

type Schedule = (step: number) => number;
const made = (lr: number | Schedule, resume?: Uint8Array): Promise<train.Trainer> => make(float, { optimizer: train.adam({ lr }), resume });

/** After 4 of 18 steps. */
async function saved(lr: number | Schedule, options: Partial<train.FitOptions> = {}): Promise<Uint8Array> {
  using trainer = await made(lr);
  const all: Uint8Array[] = [];
  await trainer.fit({ epochs: 3, batches, checkpoint: { every: 4, save: async (b) => void all.push(b) }, ...options });
  return all[0]!;
}
const constant = await saved(0.02);
/** 0.02, but for the steps from `from` to `to`. */
const but =
  (from: number, to = from): Schedule =>
  (step) =>
    step >= from && step <= to ? 0.01 : 0.02;
const refused = async (resume: Uint8Array, lr: number | Schedule): Promise<UsageError> => {
  const failure: unknown = await made(lr, resume).catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure).toMatchObject({ code: "checkpoint-mismatch", problem: "the checkpoint was made with another learning rate" });
  return failure as UsageError;
};

describe("a schedule that differs is refused", () => {
  it.each([1, 4, 5])("in step %i, and the rates are said", async (step) => {
    expect(await refused(constant, but(step))).toMatchObject({ expected: `step ${step}: 0.02`, got: `step ${step}: 0.01` });
  });

  it.each([2, 3, 6, 7, 11, 17, 18])("in step %i, and its part of the training is said", async (step) => {
    const part = `steps ${step - 1 + (step % 2)} to ${step + (step % 2)}`;
    const { expected, got } = await refused(constant, but(step));
    expect([expected, got]).toEqual([expect.stringMatching(`^${part}: CRC-32 `), expect.stringMatching(`^${part}: CRC-32 `)]);
    expect(got).not.toBe(expected);
  });

  it("in a resumed training's own checkpoints, before and after it goes on", async () => {
    using trainer = await made(0.02, constant);
    await refused(await trainer.checkpoint(), but(18));
    const all: Uint8Array[] = [];
    await trainer.fit({ epochs: 3, batches, checkpoint: { every: 1, save: async (b) => void all.push(b) } });
    await refused(all[0]!, but(18));
  });

  it("in any step done, where nobody knows how many there will be", async () => {
    using trainer = await made(0.02);
    for (let i = 0; i < 4; i++) await trainer.step(first);
    const single = await trainer.checkpoint();
    const lengths = [{}, { length: NaN }, { length: 6.25 }, { length: Infinity }, { length: -1 }];
    const odd = await Promise.all(lengths.map((length) => saved(0.02, { batches: { epoch: (i) => batches.epoch(i), ...length } })));
    for (const bytes of [single, ...odd]) {
      for (const step of [1, 2, 3, 4, 5]) await refused(bytes, but(step));
      (await made(but(6), bytes)).dispose();
    }
  });
});

describe("a schedule resumes that is the same", () => {
  it.each<[string, number | Schedule]>([
    ["written in another way", () => 0.02],
    ["in all steps that were planned", but(19, 100)],
    ["as f32, in which it reaches the device", (step) => (step === 9 ? 0.02 + 2 ** -50 : 0.02)],
  ])("%s", async (_, lr) => {
    using trainer = await made(lr, constant);
    expect(trainer.steps).toBe(4);
    const results = await trainer.fit({ epochs: 4, batches });
    expect(results.length).toBe(4);
  });

  it("as far as a checkpoint of an earlier version tells", async () => {
    const { planned, facts, ...rest } = train.readCheckpoint(constant);
    expect(planned).toBe(18);
    const rates = facts.get("learning rate")!.split("\n");
    expect(rates.slice(0, 3)).toEqual(["step 1: 0.02", "step 4: 0.02", "step 5: 0.02"]);
    const old = writeCheckpoint({ ...rest, facts: new Map(facts).set("learning rate", rates.slice(0, 3).join("\n")) });
    (await made(but(6, 18), old)).dispose();
    await refused(old, but(5));
  });
});

it("a schedule is never asked beyond the last step planned", async () => {
  const table = Array.from({ length: 18 }, () => 0.02);
  const lr = (step: number): number => {
    if (step > table.length) throw new Error(`there is no step ${step}`);
    return table[step - 1]!;
  };
  using trainer = await made(lr);
  let last!: Uint8Array;
  await trainer.fit({ epochs: 3, batches, checkpoint: { every: 5, save: async (b) => void (last = b) } });
  expect(train.readCheckpoint(last)).toMatchObject({ step: 18, planned: 18 });
  (await made(lr, last)).dispose();
});

it("a schedule that depends on more than the step is refused when a checkpoint is made", async () => {
  let rate = 0.02;
  const decaying = (step: number): number => (step % 3 === 0 ? (rate *= 0.9) : rate);
  await expect(saved(decaying)).rejects.toMatchObject({ code: "bad-schedule", where: "learning rate" });
});

describe("many steps", () => {
  const facts = (lr: Schedule, planned: number): string =>
    factsOf(float, train.crossEntropy(), train.adam({ lr }), "logits", { step: 1, planned }).get("learning rate")!;

  it("up to 100,000 are all looked at", () => {
    for (const step of [777, 50_001, 99_999, 100_000]) expect(facts(but(step), 100_000)).not.toBe(facts(() => 0.02, 100_000));
  });

  it("beyond that 100,000, evenly", () => {
    for (const planned of [100_001, 1_000_000, 2 ** 53 - 1]) {
      let asked = 0;
      const same = facts(() => (asked++, 0.02), planned);
      expect(asked).toBeLessThanOrEqual(100_006);
      const tenth = Math.ceil(planned / 10);
      for (let part = 0; part < 10; part++) expect(facts(but(part * tenth + 1, (part + 1) * tenth), planned)).not.toBe(same);
    }
  });
});
