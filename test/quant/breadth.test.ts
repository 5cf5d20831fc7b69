/** Every op that quantizes, every way to quantize it: nothing stays float, and no layer is off by more than a step. */
import { describe, expect, it, vi } from "vitest";
import type { Graph } from "../../src/graph/index.ts";
import { verify } from "../../src/backend/verify.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import * as nn from "../../src/nn/index.ts";
import { roundings } from "../../src/numerics/index.ts";
import * as quant from "../../src/quant/index.ts";
import { f32 } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { backend, batches, images } from "./net.ts";

const convBn = (from: number, to: number, activation: () => nn.Module, options: Partial<nn.Conv2dOptions> = {}) =>
  nn.sequential({ conv: nn.conv2d(from, to, { kernel: 3, padding: 1, ...options }), bn: nn.batchNorm2d(to), act: activation() });

/** x [n, 5, 7, 2]. Every op with an integer form; values that are read twice, branches that meet again, constants of a gate. */
const everything = nn.module(
  {
    stem: convBn(2, 6, nn.relu6),
    depthwise: convBn(6, 6, nn.relu6, { groups: 6 }),
    grouped: convBn(6, 9, nn.relu, { groups: 3, dilation: 2, padding: 2 }),
    swish: nn.hardSwish(),
    gate: nn.conv2d(6, 6, { kernel: 1 }),
    sigmoid: nn.sigmoid(),
    squeeze: nn.globalAvgPool2d(),
    hardSigmoid: nn.hardSigmoid(),
    leaky: nn.leakyRelu(),
    clamp: nn.clamp({ min: -0.5, max: 0.75 }),
    relu6: nn.relu6(),
    maxPool: nn.maxPool2d(2, { ceilMode: true }),
    avgPool: nn.avgPool2d(3, { stride: 2, padding: 1, countIncludePad: false, ceilMode: true }),
    adaptive: nn.adaptiveAvgPool2d([2, 3]),
    up: nn.upsampleNearest2d(2),
    permute: nn.permute([0, 2, 1, 3]),
    reshape: nn.reshape([0, 2, -1]),
    flatten: nn.flatten(),
    dropout: nn.dropout(0.3),
    head: convBn(27, 8, nn.relu, { kernel: 1, padding: 0 }),
    fc: nn.linear(8 * 6, 5),
  },
  (m) => (x: nn.Traced) => {
    const a = m.stem(x);
    const b = nn.add(a, m.depthwise(a));
    const c = nn.mul(b, m.sigmoid(m.gate(b)));
    const d = nn.mul(c, m.hardSigmoid(m.squeeze(c)));
    const e = nn.sub(m.swish(d), m.leaky(a));
    const pooled = nn.concat([m.maxPool(m.grouped(a)), m.avgPool(e), m.relu6(m.maxPool(m.clamp(e))), m.avgPool(d)]);
    const y = m.head(m.adaptive(m.up(pooled)));
    return m.fc(m.dropout(m.flatten(m.reshape(m.permute(y)))));
  },
);
const float = everything.trace({ x: f32(["n", 5, 7, 2]) }, { seed: 1 });
const x = images(6, 8);
const silent = (): void => undefined;

const configs: Record<string, quant.Int8Options> = {
  "the default": {},
  "weights per tensor": { perChannel: false },
  "u8 activations": { activationDtype: "u8" },
  "asymmetric weights": { symmetricWeights: false },
  "u8 weights, asymmetric": { weightDtype: "u8", symmetricWeights: false },
  "u8 weights, symmetric, per tensor": { weightDtype: "u8", perChannel: false },
  "u8 everywhere, asymmetric per tensor": { activationDtype: "u8", weightDtype: "u8", symmetricWeights: false, perChannel: false },
  "symmetric activations": { symmetricActivations: true },
  "symmetric u8 activations": { symmetricActivations: true, activationDtype: "u8" },
  "half of the range": { reduceRange: true, activationDtype: "u8" },
  "4 bits": { weightBits: 4, activationBits: 4 },
};

async function deploys(graph: Graph, options?: quant.ConvertOptions): Promise<Graph> {
  const warn = vi.fn();
  const int8 = quant.convert(graph, { ...options, warn });
  expect(warn.mock.calls).toEqual([]);
  expect(quant.floatNodes(int8)).toEqual([]);
  expect(int8.nodes.filter((n) => n.op.name === "quantize" || n.op.name === "dequantize").length).toBe(2);
  const report = await quant.report(graph, int8, { x }, backend, options?.rounding && { rounding: options.rounding });
  expect(report.largestStep, String(report)).toBeLessThanOrEqual(1);
  return int8;
}

describe("everything", () => {
  it.each(Object.entries(configs))("QAT, %s", async (_name, options) => {
    await deploys(await quant.calibrate(quant.prepareQat(float, quant.int8(options)), [...batches, { x }], backend));
  });

  it.each(roundings)("PTQ, rounding %s", async (rounding) => {
    const prepared = await quant.calibrate(quant.prepare(float, quant.int8()), [...batches, { x }], backend);
    const int8 = await deploys(prepared, { rounding });
    for (const node of int8.nodes)
      if (node.attrs.rounding !== undefined && node.op.name !== "quantize") expect(node.attrs.rounding, node.name).toBe(rounding);
  });

  it("dropout stays in training alone, and calibrating touches neither its counter nor running statistics", async () => {
    const has = (graph: Graph) => graph.nodes.some((n) => n.op.name === "dropout");
    const [ptq, qat] = [quant.prepare(float, quant.int8()), quant.prepareQat(float, quant.int8())];
    expect([has(float), has(ptq), has(qat)]).toEqual([true, false, true]);
    const calibrated = await quant.calibrate(qat, [{ x }], backend);
    expect(has(quant.convert(calibrated, { warn: silent }))).toBe(false);
    for (const [name, { role, tensor }] of qat.states) {
      if (role !== "observer") expect(calibrated.states.get(name)!.tensor, name).toEqual(tensor);
    }
  });

  it("types and ranges are those asked for", async () => {
    const of = async (options: quant.Int8Options) =>
      quant.convert(await quant.calibrate(quant.prepare(float, quant.int8(options)), [{ x }], backend), { warn: silent });
    const u8 = await of({ activationDtype: "u8", reduceRange: true });
    expect(u8.types.get("stem.conv")!.dtype).toBe("u8");
    expect(u8.nodes.find((n) => n.name === "head.conv")!.attrs).toMatchObject({ quantMin: 0, quantMax: 127 });
    expect((await of({ reduceRange: true })).nodes.find((n) => n.name === "head.conv")!.attrs).toMatchObject({
      quantMin: -64,
      quantMax: 63,
    });
    expect(() => quant.int8({ activationDtype: "u16" as "u8" })).toThrow(/i8 or u8/);
    expect(() => quant.int8({ activationBits: 2, reduceRange: true })).toThrow(/2 to 8/);
  });
});

describe("on the GPU", () => {
  it.each([
    ["the default", "singleHalfUp"],
    ["u8 activations", "doubleHalfAway"],
    ["u8 everywhere, asymmetric per tensor", "float"],
  ] as const)("the same bits as on the CPU: %s, %s", { timeout: 120_000 }, async (name, rounding) => {
    using gpu = await webgpu({ gpu: await testGpu() });
    const prepared = await quant.calibrate(quant.prepare(float, quant.int8(configs[name])), [{ x }], backend);
    const verified = await verify(quant.convert(prepared, { rounding }), { x }, { actual: gpu, expected: backend });
    expect(verified.differing).toEqual({ integers: 0, floats: 0 });
    expect(verified.deployedEqual).toBe(true);
  });
});
