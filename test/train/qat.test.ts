/** Quantization-aware training: what it learns, and observers and batch norm that stop following the data. */
import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/graph/index.ts";
import * as quant from "../../src/quant/index.ts";
import { scalar } from "../../src/tensor/index.ts";
import * as train from "../../src/train/index.ts";
import { backend, batches, first, make, test } from "./bars.ts";
import { qat, run, runs } from "./resumable.ts";

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
    const learned = await trainer.graph();
    const int8 = quant.convert(learned);
    expect(await accuracy(int8)).toBeGreaterThan(ptq + 0.1);
    expect(await accuracy(int8)).toBeGreaterThan(0.85);
    const weight = learned.states.get("fc.weight")!.tensor.data as Float32Array;
    expect(new Set(weight).size).toBeGreaterThan(70);
    expect(quant.neverObserved(learned)).toEqual([]);
    const r = await quant.report(learned, int8, [...batches], backend);
    expect(r.largestStep).toBeLessThanOrEqual(1);
    expect(r.agreement).toBeGreaterThanOrEqual(0.99);
  });

  it("evaluates a graph that saw no data with scale 1 and says so", async () => {
    const warnings: quant.Warning[] = [];
    const { accuracy } = await train.evaluate(qat, test, backend, { warn: (w) => warnings.push(w) });
    expect(accuracy).toBeGreaterThanOrEqual(0);
    expect(warnings).toMatchObject([{ code: "never-observed" }]);
  });

  it("frozen observers keep their ranges while weights go on", async () => {
    using trainer = await make(qat);
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

describe("from the epoch that is named", () => {
  it("ranges and running statistics stay as they are, and not before", async () => {
    const what = runs["QAT with batch norm and dropout, frozen one after the other"];
    const { saved } = await run(what);
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
    using resumed = await make(what.graph, { resume: saved[17] });
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
