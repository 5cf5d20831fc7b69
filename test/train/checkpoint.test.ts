/** Checkpoints: training that goes on from one is the training that was never interrupted, and a damaged one is refused. */
import { describe, expect, it } from "vitest";
import { DataError, Dot4Error, UsageError } from "../../src/errors.ts";
import { withStates, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { f32, tensor } from "../../src/tensor/index.ts";
import { writeCheckpoint } from "../../src/train/checkpoint.ts";
import { crc32 } from "../../src/train/crc32.ts";
import * as train from "../../src/train/index.ts";
import { bars, batches, data, first, float, make, sha256, test } from "./bars.ts";

const EPOCHS = 3;
const wider = nn
  .sequential({ conv: nn.conv2d(1, 4, { kernel: 3, padding: 1 }), relu: nn.relu(), flatten: nn.flatten(), fc: nn.linear(4 * 36, 3) })
  .trace({ x: f32(["n", 6, 6, 1]) });
const qat = quant.prepareQat(float, quant.int8());
const normalized = nn
  .sequential({
    conv: nn.conv2d(1, 3, { kernel: 3, padding: 1, bias: false }),
    norm: nn.batchNorm2d(3),
    relu: nn.relu(),
    drop: nn.dropout(0.2),
    flatten: nn.flatten(),
    fc: nn.linear(3 * 36, 3),
  })
  .trace({ x: f32(["n", 6, 6, 1]) }, { seed: 3 });
type Run = { readonly graph: Graph; readonly trainer: Partial<train.TrainerOptions>; readonly fit: Partial<train.FitOptions> };

/** Fits, from a checkpoint if there is one; saves after every step, if at all. */
async function run({ graph, trainer: options, fit }: Run, resume?: Uint8Array, saves = true) {
  const saved: Uint8Array[] = [];
  using trainer = await make(graph, { readEvery: 4, ...options, resume });
  const save = async (bytes: Uint8Array): Promise<void> => void saved.push(bytes);
  const results = await trainer.fit({ epochs: EPOCHS, batches, evaluate: test, ...(saves && { checkpoint: { every: 1, save } }), ...fit });
  return { saved, results, weights: sha256(await trainer.graph()), steps: trainer.steps };
}

const schedule = train.cosine({ lr: 0.05, steps: EPOCHS * batches.length, warmup: 3 });
const runs: [string, Run][] = [
  ["float, adam", { graph: float, trainer: {}, fit: {} }],
  [
    "float, sgd with momentum and a schedule",
    { graph: float, trainer: { optimizer: train.sgd({ lr: schedule, momentum: 0.9 }) }, fit: {} },
  ],
  ["QAT", { graph: qat, trainer: { optimizer: train.adamW({ lr: schedule }) }, fit: {} }],
  ["QAT, observers frozen from epoch 1", { graph: qat, trainer: {}, fit: { freezeObserversFrom: 1 } }],
  ["batch norm and dropout", { graph: normalized, trainer: {}, fit: {} }],
  [
    "QAT with batch norm and dropout, frozen one after the other",
    { graph: quant.prepareQat(normalized, quant.int8()), trainer: {}, fit: { freezeBatchNormFrom: 1, freezeObserversFrom: 2 } },
  ],
];

describe("resume", () => {
  it.each(runs)("%s: the same SHA-256 and the same results from any step, within epochs and between them", async (_, what) => {
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
    const { weights } = await run(runs[0]![1]);
    const { saved } = await run(runs[0]![1]);
    const again = await run(runs[0]![1], saved[3]);
    expect((await run(runs[0]![1], again.saved[6])).weights).toBe(weights);
    expect(train.readCheckpoint(again.saved[6]!).step).toBe(11);
  });

  it("counts progress in the whole, and fits a second time from the start", async () => {
    const { saved } = await run(runs[0]![1]);
    using trainer = await make(float, { readEvery: 1, resume: saved[7] });
    const done: (number | undefined)[][] = [];
    await trainer.fit({ epochs: EPOCHS, batches, onProgress: (p) => done.push([p.epoch, p.done, p.total]) });
    expect(done[0]).toEqual([1, 9, 18]);
    expect(done.at(-1)).toEqual([2, 18, 18]);
    expect((await trainer.fit({ epochs: 1, batches })).length).toBe(1);
    expect(trainer.steps).toBe(24);
  });

  it("after an abort goes on where the abort came", async () => {
    const { weights } = await run(runs[0]![1]);
    using aborted = await make(float, { readEvery: 1 });
    const controller = new AbortController();
    const onProgress = ({ step }: train.Progress): void => void (step === 8 && controller.abort());
    await expect(aborted.fit({ epochs: EPOCHS, batches, signal: controller.signal, onProgress })).rejects.toThrow(/aborted after step 8/);
    using resumed = await make(float, { resume: await aborted.checkpoint() });
    await resumed.fit({ epochs: EPOCHS, batches });
    expect(sha256(await resumed.graph())).toBe(weights);
  });

  it("takes checkpoints that are asked for while fit is under way", async () => {
    const { weights } = await run(runs[0]![1]);
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
    const { weights } = await run(runs[0]![1]);
    const saved: Uint8Array[] = [];
    using trainer = await make();
    const save = async (bytes: Uint8Array): Promise<void> => {
      if (saved.length === 2) throw new Error("disk full");
      saved.push(bytes);
    };
    await expect(trainer.fit({ epochs: EPOCHS, batches, checkpoint: { every: 3, save } })).rejects.toThrow("disk full");
    expect(trainer.steps).toBe(9);
    expect((await run(runs[0]![1], saved[1])).weights).toBe(weights);
  });
});

describe("a checkpoint holds", () => {
  it("weights, moments, observers, counters, position, order and schedule, by name", async () => {
    const { saved } = await run(runs[2]![1]);
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
    const { saved } = await run(runs[3]![1]);
    const [before, frozen, later] = [5, 7, 17].map((at) => train.readCheckpoint(saved[at]!));
    expect([before!.phase.observers, frozen!.phase.observers]).toEqual([false, true]);
    for (const name of ["conv.min", "conv.max", "conv.scale", "x.zeroPoint"])
      expect(later!.states.get(name)).toEqual(before!.states.get(name));
    expect(later!.states.get("conv.weight")).not.toEqual(before!.states.get("conv.weight"));
  });
});

describe("from the epoch that is named", () => {
  it("ranges and running statistics stay as they are, and not before", async () => {
    const { saved } = await run(runs.at(-1)![1]);
    const at = (index: number) => train.readCheckpoint(saved[index]!);
    const phases = saved.map((bytes) => train.readCheckpoint(bytes).phase);
    expect(phases.map((p) => [p.batchNorm, p.observers])).toEqual(
      saved.map((_, i) => (i < 6 ? [false, false] : i < 12 ? [true, false] : [true, true])),
    );
    const states = (index: number, names: readonly string[]) => names.map((name) => at(index).states.get(name)!.tensor.data);
    const statistics = ["norm.runningMean", "norm.runningVar"];
    const ranges = [...at(0).states].filter(([, s]) => s.role === "observer").map(([name]) => name);
    expect(ranges.length).toBeGreaterThan(8);
    // Index i is the state after step i + 1; epochs have 6 steps.
    expect(states(5, statistics)).not.toEqual(states(4, statistics));
    for (const i of [6, 11, 17, 18]) expect(states(i, statistics)).toEqual(states(5, statistics));
    expect(states(11, ranges)).not.toEqual(states(10, ranges));
    for (const i of [12, 17, 18]) expect(states(i, ranges)).toEqual(states(11, ranges));
    const moments = ["conv.weight", "conv.weight.expAvg", "norm.weight", "train.step", "drop.step"];
    for (const [k, data] of states(17, moments).entries()) expect([moments[k], data]).not.toEqual([moments[k], states(11, moments)[k]]);
    // The graph that comes out holds them, too.
    using resumed = await make(runs.at(-1)![1].graph, { resume: saved[17] });
    const graph = await resumed.graph();
    for (const name of [...statistics, ...ranges]) expect(graph.states.get(name)!.tensor).toEqual(at(17).states.get(name)!.tensor);
  });

  it("a second fit without these options lets them follow the data again", async () => {
    using trainer = await make(qat);
    await trainer.fit({ epochs: 1, batches, freezeObserversFrom: 0 });
    const [frozen, nodes] = [await trainer.graph(), trainer.trainingGraph.nodes.length];
    expect(frozen.states.get("x.min")!.tensor.data[0]).toBe(Infinity);
    await trainer.fit({ epochs: 1, batches });
    expect((await trainer.graph()).states.get("x.min")!.tensor.data[0]).toBeLessThan(1);
    expect(trainer.trainingGraph.nodes.length).toBeGreaterThan(nodes);
  });
});

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
    ["another epoch to freeze in", /another freezeObserversFrom \(expected never, got 1/, { freezeObserversFrom: 1 }],
  ])("%s", async (_, message, fit) => mismatch(message, float, {}, fit));

  it("an order that ends before the place where it stood", async () => {
    const source = (n: number): train.EpochSource => ({ epoch: () => [...batches].slice(0, n) });
    using before = await make();
    const saved: Uint8Array[] = [];
    await before.fit({ epochs: 1, batches: source(6), checkpoint: { every: 5, save: async (b) => void saved.push(b) } });
    using after = await make(float, { resume: saved[0] });
    await expect(after.fit({ epochs: 1, batches: source(3) })).rejects.toMatchObject({ code: "no-data", expected: "at least 5" });
  });
});

/** A small one, with all that there can be. */
async function small(): Promise<Uint8Array<ArrayBuffer>> {
  using trainer = await make(qat);
  let bytes!: Uint8Array<ArrayBuffer>;
  await trainer.fit({ epochs: 1, batches, checkpoint: { every: 4, save: async (b) => void (bytes = b) } });
  return bytes;
}
const failure = (bytes: Uint8Array): DataError => {
  try {
    train.readCheckpoint(bytes);
  } catch (e) {
    if (e instanceof DataError) return e;
    throw e;
  }
  throw new Error("was accepted");
};

describe("a damaged checkpoint is refused", () => {
  it("with any byte flipped, in one bit or in all", async () => {
    const bytes = await small();
    expect(bytes.length).toBeGreaterThan(4000);
    train.readCheckpoint(bytes);
    for (let i = 0; i < bytes.length; i++)
      for (const mask of [1 << (i % 8), 0xff]) {
        bytes[i]! ^= mask;
        failure(bytes);
        bytes[i]! ^= mask;
      }
    train.readCheckpoint(bytes);
  });

  it("cut anywhere, prolonged, empty, of text, or of another version", async () => {
    const bytes = await small();
    for (let length = 0; length < bytes.length; length++)
      expect(failure(bytes.subarray(0, length)).code).toBe(length < 8 ? "not-a-checkpoint" : "truncated");
    expect(failure(Uint8Array.of(...bytes, 0)).code).toBe("too-long");
    expect(failure(new TextEncoder().encode("hello, world, this is no checkpoint")).code).toBe("not-a-checkpoint");
    bytes[12] = 2;
    expect(failure(bytes)).toMatchObject({ code: "unsupported-version", expected: "1", got: "2" });
    await expect(make(qat, { resume: bytes })).rejects.toMatchObject({ code: "unsupported-version" });
  });

  it("by random damage of any kind, with typed errors only", async () => {
    const good = await small();
    const r = new Random(9);
    for (let i = 0; i < 2000; i++) {
      const bytes = good.slice();
      for (let k = r.int(1, 5); k > 0; k--) bytes[r.int(0, 40)] = r.int(0, 255);
      if (bytes.some((b, at) => b !== good[at])) failure(bytes);
    }
  });
});

describe("a forged header, with the right checksum,", () => {
  const forged = (header: string, contents = new Uint8Array()): Uint8Array => {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(20 + text.length + contents.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x89, 0x64, 0x6f, 0x74, 0x34, 0x0d, 0x0a, 0x1a]);
    view.setUint32(12, 1, true);
    view.setUint32(16, text.length, true);
    bytes.set(text, 20);
    view.setUint32(8, crc32(bytes.subarray(12, 20 + text.length)), true);
    bytes.set(contents, 20 + text.length);
    return bytes;
  };
  const good = {
    step: 1,
    gathered: { samples: 0, steps: 0 },
    phase: { observers: false, batchNorm: false },
    fit: null,
    facts: [["net", "x"]],
    states: [{ name: "w", role: "parameter", dtype: "f32", shape: [1], crc: crc32(new Uint8Array(4)) }],
  };
  const state = good.states[0]!;
  const text = (change: object): string => JSON.stringify({ ...good, ...change });

  it("is read when it is sound", () => {
    expect(train.readCheckpoint(forged(text({}), new Uint8Array(4))).states.get("w")!.tensor).toEqual(tensor("f32", [1], [0]));
  });

  it.each<[string, string, string]>([
    ["is no JSON", "{", "bad-header"],
    ["is no object", "[]", "bad-header"],
    ["is null", "null", "bad-header"],
    ["lacks a field", text({ step: undefined }), "bad-header"],
    ["counts backwards", text({ step: -1 }), "bad-header"],
    ["counts in fractions", text({ step: 1.5 }), "bad-header"],
    ["has a text for a number", text({ step: "1" }), "bad-header"],
    ["has a flag that is none", text({ phase: { observers: 1, batchNorm: false } }), "bad-header"],
    ["has a position without epoch", text({ fit: { batch: 1 } }), "bad-header"],
    ["has facts that are no pairs", text({ facts: [["net"]] }), "bad-header"],
    ["names a role that there is not", text({ states: [{ ...state, role: "constructor" }] }), "bad-header"],
    ["names a dtype that there is not", text({ states: [{ ...state, dtype: "toString" }] }), "bad-header"],
    ["has a state twice", text({ states: [state, state] }), "bad-header"],
    ["has a negative size", text({ states: [{ ...state, shape: [-1] }] }), "bad-header"],
    ["declares 8 GB", text({ states: [{ ...state, shape: [2 ** 31] }] }), "truncated"],
    ["declares more than there is in any memory", text({ states: [{ ...state, shape: [2 ** 52, 2 ** 52, 2 ** 52] }] }), "truncated"],
    ["leaves bytes over", text({ states: [] }), "too-long"],
    ["inherits its fields", '{"__proto__": ' + text({}) + "}", "bad-header"],
  ])("is refused when it %s", (_, header, code) => {
    expect(failure(forged(header, new Uint8Array(4))).code).toBe(code);
  });

  it("names states as it likes, and nothing but a table of states comes of it", () => {
    const names = ["__proto__", "constructor", "toString"];
    const c = train.readCheckpoint(forged(text({ states: names.map((name) => ({ ...state, name })) }), new Uint8Array(12)));
    expect([...c.states.keys()]).toEqual(names);
    expect(({} as Record<string, unknown>)["role"]).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("does not get into a training with states that are not its own", async () => {
    using trainer = await make();
    await trainer.step(first);
    const c = train.readCheckpoint(await trainer.checkpoint());
    const states = new Map(c.states);
    const w = states.get("fc.weight")!;
    states.set("fc.weight", { ...w, tensor: tensor("f32", [1], [0]) });
    await expect(make(float, { resume: writeCheckpoint({ ...c, states }) })).rejects.toMatchObject({
      code: "checkpoint-mismatch",
      got: "parameter f32 [1]",
    });
    states.delete("fc.weight");
    await expect(make(float, { resume: writeCheckpoint({ ...c, states }) })).rejects.toMatchObject({ got: "nothing" });
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

it("crc32 is the one of gzip and PNG", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
  expect(crc32(new Uint8Array(7))).toBe(0x9d6cdf7e);
});
