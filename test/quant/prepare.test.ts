import { describe, expect, it } from "vitest";
import { DataError, QuantizationError } from "../../src/errors.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, tensor } from "../../src/tensor/index.ts";
import { backend, batches, float, images, model, opOf, run } from "./net.ts";

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
