/** What a checkpoint holds, and that it never holds NaN or Inf. */
import { describe, expect, it } from "vitest";
import { Dot4Error } from "../../src/errors.ts";
import { withStates } from "../../src/graph/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import { writeCheckpoint } from "../../src/train/checkpoint.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make } from "./bars.ts";
import { run, runs } from "./resumable.ts";

describe("a checkpoint holds", () => {
  it("weights, moments, observers, counters, position, order and schedule, by name", async () => {
    const { saved } = await run(runs.QAT);
    const c = train.readCheckpoint(saved[8]!);
    expect(c).toMatchObject({ version: 1, step: 9, phase: { observers: false, batchNorm: false }, fit: { epoch: 1, batch: 3 } });
    const roles = new Map([...c.states].map(([name, s]) => [name, s.role]));
    for (const [name, role] of [
      ["conv.weight", "parameter"],
      ["fc.bias", "parameter"],
      ["conv.weight.expAvg", "optimizer"],
      ["conv.weight.expAvgSq", "optimizer"],
      ["train.step", "optimizer"],
      ["train.lr", "optimizer"],
      ["conv.min", "observer"],
      ["conv.max", "observer"],
      ["conv.scale", "observer"],
      ["conv.zeroPoint", "observer"],
      ["train.lossTotal", "metric"],
    ])
      expect([name, roles.get(name!)]).toEqual([name, role]);
    expect(c.states.get("train.step")!.tensor.data[0]).toBe(9);
    expect([...c.fit!.plan]).toContainEqual(["seed of the batches", "4"]);
    expect([...c.facts.keys()]).toEqual(["net", "optimizer", "learning rate", "loss"]);
    expect(c.facts.get("net")).toContain("parameter conv.weight: f32 [3, 3, 3, 1]");
    // Reading and writing are each other's inverse.
    expect(writeCheckpoint(c)).toEqual(saved[8]);
  });

  it("ranges that a frozen phase has no use for", async () => {
    const { saved } = await run(runs["QAT, observers frozen from epoch 1"]);
    const [before, frozen, later] = [5, 7, 17].map((at) => train.readCheckpoint(saved[at]!));
    expect([before!.phase.observers, frozen!.phase.observers]).toEqual([false, true]);
    for (const name of ["conv.min", "conv.max", "conv.scale", "x.zeroPoint"])
      expect(later!.states.get(name)).toEqual(before!.states.get(name));
    expect(later!.states.get("conv.weight")).not.toEqual(before!.states.get("conv.weight"));
  });
});

describe("a state that is not finite", () => {
  it("is never saved; what was saved before still resumes, and the error names tensor and step", async () => {
    const wild = train.adam({ lr: (step) => (step < 5 ? 0.02 : 3e38) });
    const saved: Uint8Array[] = [];
    using trainer = await make(float, { optimizer: wild });
    const fitting = trainer.fit({ epochs: 3, batches, checkpoint: { every: 1, save: async (b) => void saved.push(b) } });
    await expect(fitting).rejects.toThrow(/training step [56]: ".*" holds NaN or Inf/);
    expect(saved.length).toBeLessThanOrEqual(5);
    await expect(trainer.checkpoint()).rejects.toMatchObject({ code: "not-finite" });
    for (const bytes of saved)
      for (const [name, { tensor: t, role }] of train.readCheckpoint(bytes).states)
        if (t.dtype === "f32" && role !== "observer") expect([name, t.data.every(Number.isFinite)]).toEqual([name, true]);
    using resumed = await make(float, { optimizer: wild, resume: saved[3] });
    expect(resumed.steps).toBe(4);
  });

  it("is found in moments, too, which no step looks at", async () => {
    // 1e25 squared is beyond f32, the gradient itself is not.
    const x = tensor("f32", first.x!.shape, new Float32Array(first.x!.data.length).fill(1e25));
    using trainer = await make();
    await trainer.step({ ...first, x });
    await expect(trainer.checkpoint()).rejects.toThrow(/step 1: ".*" holds NaN or Inf/);
  });

  it("planted in a forged checkpoint is named at the first step", async () => {
    using trainer = await make();
    await trainer.step(first);
    const c = train.readCheckpoint(await trainer.checkpoint());
    const w = c.states.get("fc.bias")!;
    const states = new Map(c.states).set("fc.bias", { ...w, tensor: tensor("f32", [3], [0, NaN, 0]) });
    using resumed = await make(float, { readEvery: 1, resume: writeCheckpoint({ ...c, states }) });
    await expect(resumed.step(first)).rejects.toThrow(/step 2: "fc.bias"/);
    await expect(make(withStates(float, new Map()), { resume: new Uint8Array() })).rejects.toThrow(Dot4Error);
  });
});
