/** Optimizers, schedules and losses as a trainer takes them. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make, weights } from "./bars.ts";

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
