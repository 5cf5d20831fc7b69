/** Batch norm on its way to integers: folded before calibration, trained folded, folded by convert. */
import { describe, expect, it, vi } from "vitest";
import { evaluate } from "../../src/backend/cpu/index.ts";
import { bind, withStates, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, tensor, type Tensor } from "../../src/tensor/index.ts";
import { opsOf } from "../support/nets.ts";
import { backend, images, labels, trained } from "./net.ts";

const net = (activation: (() => nn.Module) | undefined, bias = true) =>
  nn.sequential({
    conv1: nn.conv2d(2, 6, { kernel: 3, padding: 1, bias }),
    bn1: nn.batchNorm2d(6),
    ...(activation && { act1: activation() }),
    pool: nn.maxPool2d(2),
    conv2: nn.conv2d(6, 5, { kernel: 3, bias: !bias }),
    bn2: nn.batchNorm2d(5),
    ...(activation && { act2: activation() }),
    flatten: nn.flatten(),
    fc1: nn.linear(5, 7, { bias }),
    bn3: nn.batchNorm2d(7),
    fc2: nn.linear(7, 5),
  });
const float = (activation?: () => nn.Module, bias?: boolean): Graph => net(activation, bias).trace({ x: f32(["n", 6, 7, 2]) }, { seed: 4 });
const pixels = (n: number, seed: number): Tensor<"f32"> =>
  tensor("f32", [n, 6, 7, 2], images(Math.ceil((n * 6) / 5), seed).data.slice(0, n * 84));
const batches = Array.from({ length: 6 }, (_, i) => ({ x: pixels(10, i), labels: labels(10) }));
const state = (graph: Graph, name: string): Tensor => graph.states.get(name)!.tensor;

describe("prepare", () => {
  it("folds: one layer each, its observer behind the activation", async () => {
    const graph = quant.prepare(await trained(float(nn.relu6), batches), quant.int8());
    expect(opsOf(graph)).not.toContain("batchNorm2d");
    expect(graph.nodes.filter((n) => n.op.quantizer).map((n) => n.inputs.x)).toEqual([
      "x",
      "conv1.weight",
      "conv1",
      "conv2.weight",
      "conv2",
      "fc1.weight",
      "fc1",
      "fc2.weight",
      "fc2",
    ]);
    const int8 = quant.convert(await quant.calibrate(graph, batches, backend));
    expect(quant.floatNodes(int8)).toEqual([]);
    expect(opsOf(int8)).toEqual(["quantize", "qconv2d", "qmaxPool2d", "qconv2d", "flatten", "qlinear", "qlinear", "dequantize"]);
  });

  it("leaves a normalization float that shall stay so, and convert says that it is an island", async () => {
    const graph = quant.prepare(await trained(float(nn.relu), batches), quant.mapping({ "": quant.int8(), bn2: null }));
    const warn = vi.fn();
    const int8 = quant.convert(await quant.calibrate(graph, batches, backend), { warn });
    expect(quant.floatIslands(int8)).toContain("bn2");
    expect(warn.mock.calls[0]![0]).toMatchObject({ code: "float-island", message: expect.stringContaining('batchNorm2d "bn2"') });
  });
});

describe("prepareQat", () => {
  it("quantizes weight * factor, normalizes with the batch, marks the activated output as the layer's", () => {
    const graph = quant.prepareQat(float(nn.relu), quant.int8());
    const node = (name: string) => graph.nodes.find((n) => n.name === name)!;
    expect(graph.nodes.filter((n) => n.op.quantizer).map((n) => n.inputs.x)).toEqual([
      "x",
      "conv1.scaled.weight",
      "conv1",
      "conv2.scaled.weight",
      "conv2",
      "fc1.scaled.weight",
      "fc1",
      "fc2.weight",
      "fc2",
    ]);
    expect(node("conv1").inputs).toEqual({ x: "x.fakeQuantize", weight: "conv1.scaled.weight.fakeQuantize" });
    expect(node("bn1")).toMatchObject({
      inputs: { x: "conv1.product", inputScale: "conv1.factor.inverse", inputShift: "conv1.bias" },
      attrs: { training: true, activation: "relu" },
    });
    expect(node("bn2").inputs.inputShift).toBeUndefined();
    expect([...graph.updates.keys()].filter((s) => s.startsWith("bn"))).toEqual(
      ["bn1", "bn2", "bn3"].flatMap((bn) => [`${bn}.runningMean`, `${bn}.runningVar`]),
    );
  });

  it.each([
    ["relu", nn.relu, true],
    ["relu6", nn.relu6, true],
    ["relu6, no bias before the normalization", nn.relu6, false],
    ["no activation", undefined, true],
  ])("trains what convert deploys: every layer within a step, %s", async (_name, activation, bias) => {
    const qat = await trained(quant.prepareQat(float(activation, bias), quant.int8()), batches);
    const int8 = quant.convert(qat);
    expect(quant.floatNodes(int8)).toEqual([]);
    const report = await quant.report(qat, int8, { x: pixels(50, 9) }, backend);
    expect(report.layers.map((l) => l.name).filter((name) => /^(conv|fc)/.test(name))).toEqual(["conv1", "conv2", "fc1", "fc2"]);
    expect(report.largestStep).toBeLessThanOrEqual(1);
    expect(report.agreement).toBeGreaterThan(0.9);
    for (const l of report.layers) expect(l.sqnr, l.name).toBeGreaterThan(20);
  });

  it("adds up where factors are negative, tiny or zero: such a channel is its bias", async () => {
    const qat = await trained(quant.prepareQat(float(nn.relu), quant.int8()), batches, 1);
    const gamma = tensor("f32", [6], [0, 2 ** -24, -(2 ** -24), -1.5, 2 ** -18, 1]);
    const odd = withStates(
      qat,
      new Map([
        ["bn1.weight", gamma],
        ["bn1.bias", tensor("f32", [6], [1, 2, 0.5, 1, -1, 0.25])],
      ]),
    );
    const calibrated = await quant.calibrate(odd, batches, backend);
    const int8 = quant.convert(calibrated);
    expect((await quant.report(calibrated, int8, { x: pixels(20, 3) }, backend)).largestStep).toBeLessThanOrEqual(1);
    // Channels 0, 1 and 2 of the packed weights [oc / 4, kh, kw, ic / 4, 4 oc, 4 ic] hold nothing.
    const packed = int8.constants.get("conv1.packedWeight")!;
    const channel = (c: number) =>
      [...packed.data].filter((_, i) => Math.floor(i / 4) % 4 === c % 4 && Math.floor(i / (packed.data.length / 2)) === Math.floor(c / 4));
    for (const c of [0, 1, 2]) expect(new Set(channel(c)), String(c)).toEqual(new Set([0]));
    for (const c of [3, 4, 5]) expect(Math.max(...channel(c).map(Math.abs)), String(c)).toBeGreaterThan(4);
  });
});

describe("freezing", () => {
  it("keeps statistics and ranges while weights go on", async () => {
    const qat = await trained(quant.prepareQat(float(nn.relu6), quant.int8()), batches);
    const frozen = quant.freezeBatchNorm(quant.freezeObservers(qat));
    const after = await trained(frozen, batches, 1);
    for (const name of ["bn1.runningMean", "bn1.runningVar", "conv1.scale", "conv1.zeroPoint"])
      expect(state(after, name)).toEqual(state(qat, name));
    for (const name of ["conv1.weight", "bn1.weight", "fc2.bias"]) expect(state(after, name)).not.toEqual(state(qat, name));
    const report = await quant.report(after, quant.convert(after), { x: pixels(20, 9) }, backend);
    expect(report.largestStep).toBeLessThanOrEqual(1);
  });
});

describe("reestimateBatchNorm", () => {
  const statistics = ["bn1.runningMean", "bn1.runningVar", "bn2.runningMean", "bn2.runningVar", "bn3.runningMean", "bn3.runningVar"];

  it("averages over the batches and changes nothing else", async () => {
    for (const graph of [await trained(float(nn.relu), batches), await trained(quant.prepareQat(float(nn.relu), quant.int8()), batches)]) {
      const after = await quant.reestimateBatchNorm(graph, batches, backend);
      for (const [name, s] of graph.states)
        if (statistics.includes(name)) expect(state(after, name), name).not.toEqual(s.tensor);
        else expect(state(after, name), name).toEqual(s.tensor);
      expect(String(after)).toBe(String(graph));
      // The first layer sees the data itself, so that its means can be had another way.
      const bound = bind(graph, { n: 10 });
      const measured = batches.map(({ x }) => {
        const values = evaluate(bound, new Map<string, Tensor>([...[...graph.states].map(([k, s]) => [k, s.tensor] as const), ["x", x]]));
        const { mean, invStd } = graph.nodes.find((n) => n.name === "bn1")!.outputs;
        // The batch is normalized with the biased variance, the unbiased one is kept: of 10 images of 6 x 7 pixels.
        const variance = values.get(invStd!)!.data.map((s) => ((1 / s ** 2 - 1e-5) * 420) / 419);
        return { mean: values.get(mean!)!.data, variance };
      });
      for (const [name, of] of [
        ["runningMean", "mean"],
        ["runningVar", "variance"],
      ] as const)
        // prettier-ignore
        state(after, `bn1.${name}`).data.forEach((m, c) =>
          expect(m, name).toBeCloseTo(measured.reduce((sum, batch) => sum + batch[of][c]!, 0) / measured.length, 5),
        );
    }
  });

  it("measures frozen layers too, and refuses nets without batch norm and no data", async () => {
    const frozen = quant.freezeBatchNorm(await trained(float(nn.relu), batches));
    expect(state(await quant.reestimateBatchNorm(frozen, batches, backend), "bn1.runningMean")).not.toEqual(
      state(frozen, "bn1.runningMean"),
    );
    await expect(quant.reestimateBatchNorm(frozen, [], backend)).rejects.toThrow(/no batch/);
    await expect(quant.reestimateBatchNorm(quant.prepare(frozen, quant.int8()), batches, backend)).rejects.toThrow(
      /no batch normalization/,
    );
    const x = pixels(10, 1);
    x.data[5] = Infinity;
    await expect(quant.reestimateBatchNorm(frozen, [{ x }], backend)).rejects.toThrow(/batch 1/);
  });
});
