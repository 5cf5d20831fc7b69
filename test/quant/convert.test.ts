import { describe, expect, it, vi } from "vitest";
import { DataError } from "../../src/errors.ts";
import { withStates, type Graph } from "../../src/graph/index.ts";
import type { Rounding } from "../../src/numerics/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, scalar, tensor } from "../../src/tensor/index.ts";
import { backend, batches, float, images, opOf, run } from "./net.ts";

const dtype = (graph: Graph, v: string): string | undefined => graph.types.get(v)?.dtype;
const silent = (): void => undefined;

describe("convert", () => {
  it("makes an integer net end to end: quantize once, dequantize once, weights packed", async () => {
    const warn = vi.fn();
    const graph = quant.convert(await quant.calibrate(quant.prepare(float, quant.int8()), batches, backend), { warn });
    expect(graph.nodes.map((n) => n.op.name)).toEqual([
      "quantize",
      "qconv2d",
      "qmaxPool2d",
      "qconv2d",
      "qadd",
      "flatten",
      "qlinear",
      "dequantize",
    ]);
    expect(graph.states.size).toBe(0);
    expect(graph.updates.size).toBe(0);
    expect([...graph.types].filter(([, t]) => t.dtype === "f32" && t.shape.length > 1).map(([v]) => v)).toEqual(["x", "fc.dequantize"]);
    expect(warn).not.toHaveBeenCalled();
  });

  it("stays near the float net and within a step of the fake-quantized one", async () => {
    const qat = await quant.calibrate(quant.prepareQat(float, quant.int8()), [...batches, ...batches], backend);
    const x = images(5, 8);
    const frozen = quant.freezeObservers(qat);
    const [trained, int8] = [(await run(frozen, x)).logits!, (await run(quant.convert(qat), x)).logits!];
    const step = qat.states.get("fc.scale")!.tensor.data[0]!;
    const worst = Math.max(...trained.data.map((v, i) => Math.abs(v - int8.data[i]!)));
    expect(worst / step).toBeLessThan(1.001);
    expect(new Set(trained.data).size).toBeGreaterThan(5);
  });

  it("reads stored ranges of activations, and weights as they are now", async () => {
    const calibrated = await quant.calibrate(quant.prepare(float, quant.int8()), batches, backend);
    const weight = calibrated.states.get("fc.weight")!.tensor;
    const doubled = withStates(
      calibrated,
      new Map([
        [
          "fc.weight",
          tensor(
            "f32",
            [5, 18],
            Float32Array.from(weight.data, (v) => 2 * v),
          ),
        ],
        ["x.scale", scalar("f32", 0.5)],
      ]),
    );
    const [before, after] = [quant.convert(calibrated), quant.convert(doubled)];
    expect(after.constants.get("x.scale")!.data[0]).toBe(0.5);
    // Twice the weights have twice the scale: the same integers.
    expect(after.constants.get("fc.packedWeight")).toEqual(before.constants.get("fc.packedWeight"));
    expect(after.constants.get("fc.multiplier")).toEqual(before.constants.get("fc.multiplier"));
    expect(after.constants.get("fc.exponent")!.data[0]).toBe(before.constants.get("fc.exponent")!.data[0]! + 1);
  });

  it("warns of values that were never observed, with their names", () => {
    const warn = vi.fn();
    const graph = quant.convert(quant.prepareQat(float, quant.int8()), { warn });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]![0]).toMatchObject({ code: "never-observed", message: expect.stringContaining('"x", "conv1"') });
    expect(graph.constants.get("x.scale")!.data[0]).toBe(1);
    expect(graph.constants.get("x.zeroPoint")!.data[0]).toBe(0);
  });

  it("refuses scales that are zero, negative, NaN, infinite or denormal, and zero points out of range", async () => {
    const good = await quant.calibrate(quant.prepare(float, quant.int8()), batches, backend);
    for (const s of [0, -1, NaN, Infinity, 1e-40])
      expect(() => quant.convert(withStates(good, new Map([["conv1.scale", scalar("f32", s)]]))), String(s)).toThrow(/"conv1"/);
    for (const z of [-129, 128])
      expect(() => quant.convert(withStates(good, new Map([["conv1.zeroPoint", scalar("i32", z)]])))).toThrow(/-128\.\.127/);
  });

  const biased = async (weight: number): Promise<Graph> => {
    const states = new Map([
      ["fc.weight", tensor("f32", [5, 18], new Float32Array(90).fill(weight))],
      ["fc.bias", tensor("f32", [5], [500, -500, 1, 0, 2])],
    ]);
    return quant.calibrate(quant.prepare(withStates(float, states), quant.int8()), batches, backend);
  };

  it.each([
    [0, "singleHalfUp"],
    [1e-12, "singleHalfUp"],
    [0, "floatBias"],
    [1e-12, "floatBias"],
  ] as const)("raises a weight's scale where the bias would not fit, or the multiplier be nothing: %f, %s", async (weight, rounding) => {
    const int8 = quant.convert(await biased(weight), { rounding });
    const { logits } = await run(int8, images(2, 3));
    // Steps of 1000 / 255: the biases themselves, to half a step.
    [500, -500, 1, 0, 2].forEach((b, i) => expect(Math.abs(logits!.data[i]! - b)).toBeLessThan(2));
  });

  it("leaves weights as they are where the bias stays float", async () => {
    const prepared = await biased(1e-4);
    const largest = (rounding: Rounding): number[] => {
      const sums = quant.convert(prepared, { rounding }).constants.get("fc.weightSum")!.data;
      return Array.from(sums, (s) => s / 18);
    };
    expect(largest("floatBias")).toEqual([127, 127, 127, 127, 127]);
    expect(largest("float")[0]).toBeLessThan(127);
    expect(largest("float")[3]).toBe(127);
  });
});

describe("float islands", () => {
  const x = images(3, 4);
  const convert = async (rules: Parameters<typeof quant.mapping>[0]) =>
    quant.convert(await quant.calibrate(quant.prepare(float, quant.mapping(rules)), [{ x }], backend), { warn: silent });

  it("lie between dequantize and quantize, and compute what they did", async () => {
    const reference = (await run(float, x)).logits!.data;
    for (const left of ["conv1", "pool1", "res.block.conv", "res.add", "flatten", "fc"]) {
      const graph = await convert({ "": quant.int8(), [left]: null });
      expect(opOf(graph, left), left).toBe(float.nodes.find((n) => n.name === left)!.op.name);
      expect(dtype(graph, left)).toBe("f32");
      const { logits } = await run(graph, x);
      // 8 bits keep errors of a few steps of 1/255 of the range of the logits (about 1).
      logits!.data.forEach((v, i) => expect(Math.abs(v - reference[i]!), left).toBeLessThan(0.02));
    }
  });

  it("keep an activation apart that shall stay float, and take along one of a float layer", async () => {
    const graph = await convert({ "": quant.int8(), relu1: null });
    expect(graph.nodes.find((n) => n.name === "conv1")!.attrs.activation).toBe("none");
    expect(dtype(graph, "relu1")).toBe("f32");
    const float = await convert({ "": quant.int8(), conv1: null });
    expect(float.nodes.find((n) => n.name === "conv1")!.attrs.activation).toBe("relu");
  });

  it("read the float value beside a quantized reader of it", () => {
    const net = nn.module({ a: nn.linear(3, 3), b: nn.linear(3, 3) }, ({ a, b }) => (x: nn.Traced) => ({ a: a(x), b: b(x) }));
    const graph = quant.prepareQat(net.trace({ x: f32(["n", 3]) }), quant.mapping({ a: quant.int8() }));
    expect(graph.nodes.find((n) => n.name === "a")!.inputs.x).toBe("x.fakeQuantize");
    expect(graph.nodes.find((n) => n.name === "b")!.inputs.x).toBe("x");
    expect(graph.outputs.get("b")).toBe("b");
  });

  it("an op that shares its input computes in integers only when somebody behind it does", () => {
    const net = nn
      .sequential({ pool: nn.maxPool2d(2), flatten: nn.flatten(), fc: nn.linear(2 * 3 * 2, 3) })
      .trace({ x: f32(["n", 4, 6, 2]) });
    const graph = quant.prepare(net, quant.int8());
    expect(graph.nodes.find((n) => n.name === "pool")!.inputs.x).toBe("x.observe");
    const alone = nn.module({ pool: nn.maxPool2d(2), fc: nn.linear(2, 3) }, ({ pool, fc }) => (x: nn.Traced) => ({
      pooled: pool(x),
      y: fc(x),
    }));
    const both = quant.prepare(alone.trace({ x: f32(["n", 4, 6, 2]) }), quant.int8());
    expect(both.outputs.get("pooled")).toBe("pool");
  });
});

describe("report", () => {
  it("finds every layer within a step of the prepared graph, and says how the whole net does", async () => {
    const many = { x: images(16, 7) };
    const prepared = await quant.calibrate(quant.prepareQat(float, quant.int8({ activations: quant.minMax() })), [many], backend);
    const r = await quant.report(prepared, quant.convert(prepared), many, backend);
    expect(r.layers.map((l) => l.name)).toEqual(["conv1", "pool1", "res.block.conv", "res.add", "flatten", "fc"]);
    expect(r.largestStep).toBeLessThanOrEqual(1);
    for (const l of r.layers) {
      if (["maxPool2d", "flatten"].includes(l.op)) expect(l.maxStep, l.name).toBe(0);
      expect(l.netMaxStep).toBeGreaterThanOrEqual(l.name === "conv1" ? l.maxStep : 0);
      // 8 bits of a range that is used to a good part: 6 dB a bit, less about 20 dB.
      expect(l.sqnr).toBeGreaterThan(25);
    }
    expect(r).toMatchObject({ samples: 16, floatNodes: [] });
    expect(r.agreement).toBeGreaterThan(0.9);
    expect(String(r)).toMatch(/conv1 +conv2d .*dB\n.*same answer for [\d.]+ % of 16 samples/s);
  });

  it("takes batches, works for calibrated graphs with islands, and lists what stayed float", async () => {
    const prepared = await quant.calibrate(
      quant.prepare(float, quant.mapping({ "": quant.int8(), "res.block.conv": null })),
      batches,
      backend,
    );
    const r = await quant.report(prepared, quant.convert(prepared), batches, backend);
    expect(r.layers.map((l) => l.name)).toEqual(["conv1", "pool1", "res.add", "flatten", "fc"]);
    expect(r.floatNodes).toEqual(["res.block.conv"]);
    expect(r.largestStep).toBeLessThanOrEqual(1);
    expect(r.samples).toBe(5);
  });

  it("would notice a converted graph that does something else", async () => {
    const prepared = await quant.calibrate(quant.prepare(float, quant.int8()), batches, backend);
    const weight = prepared.states.get("res.block.conv.weight")!.tensor;
    const other = quant.convert(
      withStates(
        prepared,
        new Map([
          [
            "res.block.conv.weight",
            tensor(
              "f32",
              [...weight.shape],
              Float32Array.from(weight.data, (v, i) => (i % 3 ? v : -v)),
            ),
          ],
        ]),
      ),
    );
    expect((await quant.report(prepared, other, batches, backend)).largestNetStep).toBeGreaterThan(5);
    await expect(quant.report(prepared, float, batches, backend)).rejects.toThrow(/no integer "conv1"/);
    await expect(quant.report(float, other, batches, backend)).rejects.toThrow(/no quantizers/);
    await expect(quant.report(prepared, other, [], backend)).rejects.toThrow(DataError);
  });
});

it("weightBytes counts what is saved", async () => {
  const parameters = 3 * 9 * 2 + 3 + 3 * 9 * 3 + 3 + 5 * 18 + 5;
  expect(quant.weightBytes(float)).toBe(4 * parameters);
  const bytes = async (weightBits: number) =>
    quant.weightBytes(quant.convert(await quant.calibrate(quant.prepare(float, quant.int8({ weightBits })), batches, backend)));
  // Packed weights are padded to 4 x 4 channels, a byte a weight whatever its width.
  const packed = 4 * 9 * 4 + 4 * 9 * 4 + 8 * 20;
  // Bias, multiplier, exponent and sum of the weights a channel; scale and zero point of input and logits, two zero points a
  // layer, three for the add, and its multipliers and exponents.
  const words = 4 * (3 + 3 + 5) + (2 * 2 + 3 * 2 + 3 + 2 * 3);
  for (const weightBits of [8, 4, 2]) expect(await bytes(weightBits)).toBe(packed + 4 * words);
  expect(await bytes(8)).toBeLessThan(quant.weightBytes(float));
});
