/** A checkpoint of another training does not resume: the error says what differs. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { finish, startFrom, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { mul } from "../../src/ops/mul.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, tensor } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { bars, batches, data, first, float, make } from "./bars.ts";
import { qat } from "./resumable.ts";

const wider = nn
  .sequential({ conv: nn.conv2d(1, 4, { kernel: 3, padding: 1 }), relu: nn.relu(), flatten: nn.flatten(), fc: nn.linear(4 * 36, 3) })
  .trace({ x: f32(["n", 6, 6, 1]) });

const head = { flatten: nn.flatten(), fc: nn.linear(36, 3) };
const dropping = (seed: number, p = 0.2): Graph =>
  nn.sequential({ drop: nn.dropout(p), ...head }).trace({ x: f32(["n", 6, 6, 1]) }, { seed });
const normed = (momentum: number): Graph =>
  nn.sequential({ norm: nn.batchNorm2d(1, { momentum }), ...head }).trace({ x: f32(["n", 6, 6, 1]) });
/** Half of everything is a constant of the graph. */
function constant(value: number): Graph {
  const traced = nn.sequential(head).trace({ x: f32(["n", 6, 6, 1]) }, { seed: 1 });
  const b = startFrom(traced);
  for (const node of traced.nodes) b.add(node);
  const y = b.emit(mul, { a: traced.outputs.get("logits")!, b: b.constant(tensor("f32", [1], [value]), "half") }, {}, "scaled").y!;
  return finish(b, { ...traced, outputs: new Map([["logits", y]]) });
}

describe("resume is refused with", () => {
  const mismatch = async (what: RegExp, graph: Graph, options: Partial<train.TrainerOptions>, fit?: Partial<train.FitOptions>) => {
    using before = await make(float, { readEvery: 1 });
    const saved: Uint8Array[] = [];
    const save = async (bytes: Uint8Array): Promise<void> => void saved.push(bytes);
    await before.fit({ epochs: 1, batches, checkpoint: { every: 2, save } });
    const failure: unknown = await make(graph, { ...options, resume: saved[1]! })
      .then(async (trainer) => {
        using t = trainer;
        await t.fit({ epochs: 2, batches, ...fit });
      })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).code).toBe("checkpoint-mismatch");
    expect((failure as UsageError).message).toMatch(what);
  };

  it.each<[string, RegExp, Graph, Partial<train.TrainerOptions>]>([
    ["another net", /another net \(expected conv: f32 .*, got observer x.min/, qat, {}],
    ["a net of another size", /another net \(expected parameter conv.weight: f32 \[3, 3, 3, 1\], got .* \[4, 3, 3, 1\]/, wider, {}],
    ["another optimizer", /another optimizer \(expected adam .*, got sgd/, float, { optimizer: train.sgd({ lr: 0.02 }) }],
    ["other settings of the optimizer", /another optimizer .*"beta1":0.5/, float, { optimizer: train.adam({ lr: 0.02, beta1: 0.5 }) }],
    [
      "another learning rate",
      /another learning rate \(expected step 1: 0.02, got step 1: 0.01/,
      float,
      { optimizer: train.adam({ lr: 0.01 }) },
    ],
    [
      "another schedule",
      /another learning rate \(expected step 4: 0.02, got step 4: 0.01/,
      float,
      { optimizer: train.adam({ lr: (step) => (step < 4 ? 0.02 : 0.01) }) },
    ],
    [
      "other moments",
      /another optimizer .*keeps expAvg, expAvgSq, maxExpAvgSq/,
      float,
      { optimizer: train.adam({ lr: 0.02, amsgrad: true }) },
    ],
    ["another loss", /another loss/, float, { loss: train.crossEntropy({ labelSmoothing: 0.1 }) }],
  ])("%s", async (_, message, graph, options) => mismatch(message, graph, options));

  it.each<[string, RegExp, Partial<train.FitOptions>]>([
    ["another seed", /another seed of the batches \(expected 4, got 5/, { batches: train.batches(data, { batchSize: 16, seed: 5 }) }],
    [
      "another batch size",
      /another batchSize of the batches \(expected 16, got 8/,
      { batches: train.batches(data, { batchSize: 8, seed: 4 }) },
    ],
    ["another order", /another shuffle/, { batches: train.batches(data, { batchSize: 16, seed: 4, shuffle: false }) }],
    [
      "more data",
      /another count of the batches \(expected 93, got 99/,
      { batches: train.batches(bars(99, 1), { batchSize: 16, seed: 4 }) },
    ],
    ["other images", /another checkSum of the batches/, { batches: train.batches(bars(93, 2), { batchSize: 16, seed: 4 }) }],
    ["other labels", /another checkSum/, { batches: train.batches(train.shuffleLabels(data, 3), { batchSize: 16, seed: 4 }) }],
    ["another epoch to freeze in", /another freezeObserversFrom \(expected never, got 1/, { freezeObserversFrom: 1 }],
  ])("%s", async (_, message, fit) => mismatch(message, float, {}, fit));

  it.each<[string, RegExp, Graph, Graph]>([
    ["another seed of dropout", /another net \(expected drop: .*seed=?.*, got drop: /, dropping(3), dropping(4)],
    ["another probability of dropout", /another net \(expected drop: .*, got drop: /, dropping(3), dropping(3, 0.3)],
    ["another constant", /another net \(expected constant /, constant(0.5), constant(0.25)],
    ["another momentum of batch norm", /another net \(expected norm.*momentum: 0.1.*, got norm.*momentum: 0.2/, normed(0.1), normed(0.2)],
    ["another bit width", /another net/, quant.prepareQat(float, quant.int8({ weightBits: 4 })), qat],
  ])("%s", async (_, message, graph, other) => {
    using before = await make(graph);
    await before.step(first);
    const resume = await before.checkpoint();
    using same = await make(graph, { resume });
    expect(same.steps).toBe(1);
    const failure = make(other, { resume });
    await expect(failure).rejects.toThrow(UsageError);
    await expect(failure).rejects.toThrow(message);
  });

  it("an order that ends before the place where it stood", async () => {
    const source = (n: number): train.EpochSource => ({ epoch: () => [...batches].slice(0, n) });
    using before = await make();
    const saved: Uint8Array[] = [];
    await before.fit({ epochs: 1, batches: source(6), checkpoint: { every: 5, save: async (b) => void saved.push(b) } });
    using after = await make(float, { resume: saved[0] });
    await expect(after.fit({ epochs: 1, batches: source(3) })).rejects.toMatchObject({ code: "no-data", expected: "at least 5" });
  });
});
