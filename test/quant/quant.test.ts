import { describe, expect, it, vi } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { DataError, QuantizationError } from "../../src/errors.ts";
import { withStates, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Random } from "../../src/numerics/random.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, scalar, tensor, type Tensor } from "../../src/tensor/index.ts";

const backend = cpu();
const block = nn.sequential({ conv: nn.conv2d(3, 3, { kernel: 3, padding: 1 }), act: nn.relu() });
const model = nn.sequential({
  conv1: nn.conv2d(2, 3, { kernel: 3, padding: 1 }),
  relu1: nn.relu(),
  pool1: nn.maxPool2d(2),
  res: nn.module(
    { block },
    ({ block }) =>
      (x: nn.Traced) =>
        nn.add(x, block(x)),
  ),
  relu2: nn.relu(),
  flatten: nn.flatten(),
  fc: nn.linear(3 * 2 * 3, 5),
});
const float = model.trace({ x: f32(["n", 5, 7, 2]) }, { seed: 2 });
const images = (n: number, seed: number): Tensor<"f32"> => {
  const r = new Random(seed);
  return tensor(
    "f32",
    [n, 5, 7, 2],
    Float32Array.from({ length: n * 70 }, () => r.uniform(-1, 1)),
  );
};
const batches = [{ x: images(3, 1) }, { x: images(2, 2) }];
const run = async (graph: Graph, x: Tensor): Promise<Record<string, Tensor>> => (await backend.compile(graph))({ x });
const opOf = (graph: Graph, name: string): string | undefined => graph.nodes.find((n) => n.name === name)?.op.name;
const dtype = (graph: Graph, v: string): string | undefined => graph.types.get(v)?.dtype;
const silent = (): void => undefined;

/** Freezes a graph and all that hangs on it, so that a write throws. */
function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const method of ["set", "add", "delete", "clear"])
      if (method in value) Object.defineProperty(value, method, { value: () => expect.fail("a pass wrote to its input") });
    value.forEach((v: unknown) => freeze(v));
  } else for (const v of Object.values(value)) freeze(v);
  return Object.freeze(value);
}

describe("prepare", () => {
  it("observes the input, outputs of own ops and weights; ops that share get nothing", () => {
    const graph = quant.prepare(float, quant.int8());
    const marked = graph.nodes.filter((n) => n.op.quantizer).map((n) => n.inputs.x);
    expect(marked).toEqual(["x", "conv1.weight", "conv1", "res.block.conv.weight", "res.block.conv", "res.add", "fc.weight", "fc"]);
    expect(opOf(graph, "relu1")).toBeUndefined();
    expect(graph.nodes.find((n) => n.name === "pool1")!.inputs).toEqual({ x: "conv1.observe" });
    expect([...graph.outputs]).toEqual([["logits", "fc.observe"]]);
  });

  it("leaves numbers as they were until conversion, and the float graph altogether", async () => {
    const frozen = freeze(model.trace({ x: f32(["n", 5, 7, 2]) }, { seed: 2 }));
    const before = String(frozen);
    const x = images(4, 3);
    for (const prepared of [quant.prepare(frozen, quant.int8()), quant.prepareQat(frozen, quant.int8())]) {
      const graph = freeze(await quant.calibrate(freeze(prepared), batches, backend));
      expect(String(prepared)).not.toBe(before);
      quant.convert(graph);
    }
    expect(String(frozen)).toBe(before);
    expect(await run(quant.prepare(frozen, quant.int8()), x)).toEqual(await run(frozen, x));
  });

  it("refuses a prepared graph, and a qconfig that quantizes nothing", () => {
    const prepared = quant.prepare(float, quant.int8());
    expect(() => quant.prepareQat(prepared, quant.int8())).toThrow(/has observers already/);
    expect(() => quant.prepare(float, quant.mapping({ "": null }))).toThrow(/no node is quantized/);
    expect(() => quant.convert(float)).toThrow(QuantizationError);
  });
});

describe("calibrate", () => {
  it("leaves the range of everything seen in the states, with scale and zero point", async () => {
    const graph = await quant.calibrate(quant.prepare(float, quant.int8()), batches, backend);
    const all = batches.flatMap((b) => [...b.x.data]);
    const state = (name: string): number => graph.states.get(name)!.tensor.data[0]!;
    expect(state("x.min")).toBe(Math.min(...all));
    expect(state("x.max")).toBe(Math.max(...all));
    expect(state("x.scale")).toBe(Math.fround(Math.fround(state("x.max") - state("x.min")) / 255));
    expect(quant.neverObserved(graph)).toEqual([]);
    expect([...graph.updates]).toEqual([...quant.prepare(float, quant.int8()).updates]);
  });

  it("ignores labels in a batch, takes any iterable", async () => {
    async function* stream() {
      yield { x: images(1, 1), labels: tensor("i32", [1], [0]) };
    }
    expect(quant.neverObserved(await quant.calibrate(quant.prepare(float, quant.int8()), stream(), backend))).toEqual([]);
  });

  it("refuses an empty set, NaN and Inf (naming value and batch), and graphs without observers", async () => {
    const prepared = quant.prepare(float, quant.int8());
    await expect(quant.calibrate(prepared, [], backend)).rejects.toThrow(/holds no batch/);
    await expect(quant.calibrate(float, batches, backend)).rejects.toThrow(/no observers/);
    for (const bad of [NaN, Infinity]) {
      const x = images(2, 5);
      x.data[77] = bad;
      const failure = quant.calibrate(prepared, [...batches, { x }], backend);
      await expect(failure).rejects.toThrow(DataError);
      await expect(failure).rejects.toThrow(/"x".*batch 3/);
    }
  });

  it("survives zeros, constants, negatives and an outlier: scales stay positive and finite", async () => {
    const fill = (value: number) => ({ x: tensor("f32", [1, 5, 7, 2], new Float32Array(70).fill(value)) });
    for (const value of [0, 3, -3, 1e30, -0.0001]) {
      const graph = await quant.calibrate(quant.prepare(float, quant.int8()), [fill(value)], backend);
      const { logits } = await run(quant.convert(graph), fill(value).x);
      for (const [name, s] of graph.states)
        if (name.endsWith(".scale"))
          expect(s.tensor.data[0]! >= 2 ** -23 && s.tensor.data[0]! < Infinity, `${name} for ${value}`).toBe(true);
      expect(logits!.data.every((v) => Number.isFinite(v))).toBe(true);
    }
  });
});

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

  it("raises a weight's scale where the bias would not fit", async () => {
    const tiny = withStates(
      float,
      new Map([
        ["fc.weight", tensor("f32", [5, 18], new Float32Array(90))],
        ["fc.bias", tensor("f32", [5], [500, -500, 1, 0, 2])],
      ]),
    );
    const int8 = quant.convert(await quant.calibrate(quant.prepare(tiny, quant.int8()), batches, backend));
    const { logits } = await run(int8, images(2, 3));
    // Steps of 1000 / 255: the biases themselves, to half a step.
    [500, -500, 1, 0, 2].forEach((b, i) => expect(Math.abs(logits!.data[i]! - b)).toBeLessThan(2));
  });
});

describe("qconfig", () => {
  it("narrows weights and activations", async () => {
    const graph = await quant.calibrate(
      quant.prepare(float, quant.int8({ weightBits: 2, activationBits: 4, perChannel: false })),
      batches,
      backend,
    );
    const int8 = quant.convert(graph);
    expect([...new Set(int8.constants.get("fc.packedWeight")!.data)].sort()).toEqual([-1, 0, 1]);
    expect(int8.nodes.find((n) => n.name === "conv1")!.attrs).toMatchObject({ quantMin: -8, quantMax: 7 });
    expect(graph.nodes.find((n) => n.inputs.x === "fc.weight" && n.op.quantizer)!.attrs.axis).toBe(null);
    expect(() => quant.int8({ weightBits: 1 })).toThrow(QuantizationError);
    expect(() => quant.int8({ weightBits: 8.5 })).toThrow(QuantizationError);
  });

  it("symmetric activations have zero point 0", async () => {
    const graph = await quant.calibrate(quant.prepare(float, quant.int8({ symmetricActivations: true })), batches, backend);
    for (const [name, s] of graph.states) if (name.endsWith(".zeroPoint")) expect(s.tensor.data[0]).toBe(0);
  });

  it("maps by op, pattern, name and predicate, the more particular rule winning", () => {
    const four = quant.int8({ weightBits: 4 });
    const two = quant.int8({ weightBits: 2 });
    const bits = (config: quant.QConfigMapping): Record<string, number | undefined> =>
      Object.fromEntries(
        ["conv1", "res.block.conv", "fc"].map((name) => [
          name,
          quant.prepare(float, config).nodes.find((n) => n.op.quantizer && n.inputs.x === `${name}.weight`)?.attrs.quantMax as
            number | undefined,
        ]),
      );
    expect(bits(quant.mapping({ "": quant.int8(), "op:linear": four }))).toEqual({ conv1: 127, "res.block.conv": 127, fc: 7 });
    expect(bits(quant.mapping({ "res.*": two, "": quant.int8(), "op:conv2d": four }))).toEqual({ conv1: 7, "res.block.conv": 1, fc: 127 });
    expect(bits(quant.mapping({ "": four, "*": two, fc: null }))).toEqual({ conv1: 1, "res.block.conv": 1, fc: undefined });
    expect(bits(quant.mapping({ conv1: four }, [{ where: (n) => n.op.weights !== undefined, config: two }]))).toEqual({
      conv1: 1,
      "res.block.conv": 1,
      fc: 1,
    });
    expect(bits(quant.mapping({ conv1: four }))).toEqual({ conv1: 7, "res.block.conv": undefined, fc: undefined });
  });

  it("names a rule that matches nothing and the nodes that exist", () => {
    for (const key of ["conv9", "op:conv9", "block.*"]) {
      const failure = (): unknown => quant.prepare(float, quant.mapping({ "": quant.int8(), [key]: null }));
      expect(failure).toThrow(QuantizationError);
      expect(failure).toThrow(new RegExp(`"${key.replace("*", "\\*")}".*conv1 \\(conv2d\\).*fc \\(linear\\)`));
    }
    expect(() => quant.prepare(float, quant.mapping({ "": quant.int8() }, [{ where: () => false, config: null }]))).toThrow(/predicate 0/);
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
  // Packed weights are padded to 4 x 4 channels; 4 bits take half of that.
  const padded = 4 * 9 * 4 + 4 * 9 * 4 + 8 * 20;
  expect((await bytes(8)) - (await bytes(4))).toBe(padded / 2);
  expect(await bytes(8)).toBeLessThan(quant.weightBytes(float));
});
