/** NaN and Inf: the tensor and the step are named, in the very step when every step is read. */
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/errors.ts";
import { withStates, type Graph } from "../../src/graph/index.ts";
import { softmaxCrossEntropy } from "../../src/ops/softmaxCrossEntropy.ts";
import type { OpDef } from "../../src/ops/op.ts";
import * as quant from "../../src/quant/index.ts";
import { tensor, zeros, type Tensor } from "../../src/tensor/index.ts";
import { notFinite } from "../../src/train/finite.ts";
import * as train from "../../src/train/index.ts";
import { batches, first, float, make } from "./bars.ts";

/** Images so bright that the loss is beyond f32 where the label is wrong. */
const bright = (label: number): train.Batch => ({
  x: tensor("f32", first.x!.shape, new Float32Array(first.x!.data.length).fill(3e38)),
  labels: tensor("i32", [16], new Int32Array(16).fill(label)),
});
const spoilt = (value: number): train.Batch => {
  const x = first.x!.data.slice();
  x[100] = value;
  return { ...first, x: { ...first.x!, data: x } as Tensor };
};

/** A loss that is NaN at step `at`, though input and weights are sound. */
function nanLoss(at: number): train.Loss {
  let steps = 0;
  const op: OpDef = {
    ...softmaxCrossEntropy,
    reference: (inputs, attrs) => {
      const { loss, ...rest } = softmaxCrossEntropy.reference(inputs, attrs);
      // A step asks for the mean and for the sum.
      if (attrs["reduction"] === "sum" && ++steps === at) loss!.data[0] = NaN;
      return { loss: loss!, ...rest };
    },
  };
  return { op, attrs: { labelSmoothing: 0 } };
}

/** A loss whose gradient, and nothing else, holds NaN at step `at`. */
function losing(at: number): train.Loss {
  let backward = 0;
  const spoil: OpDef = {
    name: "spoil",
    inputs: ["x"],
    outputs: ["y"],
    quantization: "float",
    infer: ({ x }) => ({ y: x! }),
    reference: ({ x }) => {
      const y = zeros("f32", x!.shape);
      y.data.set(x!.data as Float32Array);
      if (++backward === at) y.data[0] = NaN;
      return { y };
    },
    kernel: () => [],
  };
  const op: OpDef = {
    ...softmaxCrossEntropy,
    grad: (b, node, grads) => {
      const { logits, ...rest } = softmaxCrossEntropy.grad!(b, node, grads);
      return { ...rest, logits: b.emit(spoil, { x: logits! }).y! };
    },
  };
  return { op, attrs: { labelSmoothing: 0 } };
}

// What goes wrong at step 3 of 4; healthy before.
const faults: [what: string, tensor: RegExp, batch: train.Batch, options: () => Partial<train.TrainerOptions>][] = [
  ["NaN in the input", /"x"/, spoilt(NaN), () => ({})],
  ["-Inf in the input", /"x"/, spoilt(-Infinity), () => ({})],
  ["an infinite loss", /"loss"/, bright(0), () => ({})],
  ["a loss that is NaN", /"loss"/, first, () => ({ loss: nanLoss(3) })],
  ["NaN in a gradient", /"(conv|fc)\.(weight|bias)\.gradient"/, first, () => ({ loss: losing(3) })],
  [
    "weights that a step made infinite",
    /"(conv|fc)\.weight"/,
    first,
    () => ({ optimizer: train.sgd({ lr: (step) => (step === 3 ? 3e38 : 1e-6), weightDecay: 1e3 }) }),
  ],
];

describe.each(faults)("%s", (_, name, batch, options) => {
  const step = [first, first, batch, first];

  it("rejects that very step when every step is read, and all that follows", async () => {
    using trainer = await make(float, { readEvery: 1, ...options() });
    await trainer.step(step[0]!);
    await trainer.step(step[1]!);
    const bytes = await trainer.checkpoint();
    const failure: unknown = await trainer.step(step[2]!).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(DataError);
    expect(failure).toMatchObject({ code: "not-finite", where: "training step 3" });
    expect((failure as DataError).problem).toMatch(name);
    for (const later of [trainer.step(first), trainer.metrics(), trainer.graph(), trainer.checkpoint()])
      await expect(later).rejects.toBe(failure);
    // The last good one stays.
    expect(train.readCheckpoint(bytes).step).toBe(2);
  });

  it("is told with its step at a later read, by whatever reads", async () => {
    for (const read of [
      (t: train.Trainer) => t.metrics(),
      (t: train.Trainer) => t.graph(),
      (t: train.Trainer) => t.checkpoint(),
      (t: train.Trainer) => t.fit({ epochs: 1, batches }),
    ]) {
      using trainer = await make(float, options());
      for (const b of step) await trainer.step(b);
      await expect(read(trainer)).rejects.toMatchObject({ where: "training step 3", problem: expect.stringMatching(name) as string });
    }
  });
});

describe("what is not finite from the start", () => {
  const planted = (graph: Graph, state: string, value: number): Graph => {
    const t = graph.states.get(state)!.tensor;
    const data = (t.data as Float32Array).slice();
    data[data.length - 1] = value;
    return withStates(graph, new Map([[state, tensor("f32", t.shape, data)]]));
  };
  const first1 = async (graph: Graph): Promise<unknown> => {
    using trainer = await make(graph, { readEvery: 1 });
    return trainer.step(first).catch((e: unknown) => e);
  };
  const trained = async (): Promise<Graph> => {
    using trainer = await make(quant.prepareQat(float, quant.int8()));
    await trainer.step(first);
    return trainer.graph();
  };

  it("weights are named at step 1", async () => {
    for (const value of [NaN, Infinity]) {
      const failure = await first1(planted(float, "fc.weight", value));
      expect(failure).toMatchObject({ where: "training step 1", problem: '"fc.weight" holds NaN or Inf' });
    }
  });

  it("NaN in an observer's range is named, and does not pass for a range that saw nothing", async () => {
    const qat = await trained();
    for (const range of ["conv.min", "conv.max", "x.min"])
      expect(await first1(planted(qat, range, NaN))).toMatchObject({ where: "training step 1", problem: `"${range}" holds NaN or Inf` });
    // A range that saw nothing yet is no fault.
    expect(await first1(quant.prepareQat(float, quant.int8()))).toMatchObject({ step: 1 });
  });

  it("a frozen scale is named; one that follows the data is chosen anew", async () => {
    const qat = await trained();
    for (const value of [NaN, Infinity])
      expect(await first1(planted(quant.freezeObservers(qat), "conv.scale", value))).toMatchObject({
        problem: '"conv.scale" holds NaN or Inf',
      });
    using following = await make(planted(qat, "conv.scale", NaN));
    await following.step(first);
    expect((await following.graph()).states.get("conv.scale")!.tensor.data[0]).toBeGreaterThan(0);
  });
});

it("bits decide: NaN of either sign, infinities where they mean nothing, nothing else", () => {
  const holds = (role: "parameter" | "observer", ...bits: number[]): boolean =>
    notFinite([["s", { role, tensor: tensor("f32", [bits.length], new Float32Array(Uint32Array.from(bits).buffer)) }]]) === "s";
  for (const bits of [0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff]) {
    expect(holds("parameter", 0, bits)).toBe(true);
    expect(holds("observer", 0, bits)).toBe(true);
  }
  for (const bits of [0x7f800000, 0xff800000]) expect([holds("parameter", bits), holds("observer", bits)]).toEqual([true, false]);
  expect(holds("parameter", 0, 0x80000000, 0x7f7fffff, 0xff7fffff, 1, 0x80000001)).toBe(false);
});
