/** The integer forms that pools and means emit, for every rounding, against the real averages of what the integers mean. */
import { describe, expect, it } from "vitest";
import { QuantizationError } from "../../src/errors.ts";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { f32 as round32, roundings, type Rounding } from "../../src/numerics/index.ts";
import { ops, type Attrs, type Lowering, type OpDef, type Qparams } from "../../src/ops/index.ts";
import { i8, tensor, type Tensor } from "../../src/tensor/index.ts";
import { made } from "../support/quantized.ts";

const qparams = (scale: number, zeroPoint: number, dtype: "i8" | "u8" = "i8"): Qparams => ({
  dtype,
  scale: tensor("f32", [1], [scale]),
  zeroPoint: tensor("i32", [1], [zeroPoint]),
  quantMin: dtype === "i8" ? -128 : 0,
  quantMax: dtype === "i8" ? 127 : 255,
});

const x = made([2, 5, 7, 3], (i) => ((i * 91) % 256) - 128);

function lowered(op: OpDef, given: Attrs, rounding: Rounding, from: Qparams, to: Qparams): { graph: Graph; attrs: Attrs } {
  const attrs = { ...op.defaults, ...given };
  const b = new GraphBuilder();
  b.input("x", i8(["n", ...x.shape.slice(1)]));
  const node = { name: "node", inputs: { x: "x" }, outputs: { y: "node" }, attrs };
  const q = { rounding, input: () => ({ value: "x", qparams: from }), output: to } as unknown as Lowering;
  b.output("y", op.lower!(b, node, q).value);
  return { graph: b.build(), attrs };
}

function evaluate(graph: Graph): Tensor {
  const values = new Map<string, Tensor>([...graph.constants, ["x", x]]);
  for (const node of graph.nodes) {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([k, v]) => [k, values.get(v)!]));
    for (const [k, v] of Object.entries(node.outputs)) values.set(v, node.op.reference(inputs, node.attrs)[k]!);
  }
  return values.get(graph.outputs.get("y")!)!;
}

const forms: readonly (readonly [op: OpDef, attrs: Attrs, integer: string])[] = [
  [ops.avgPool2d, { kernel: [2, 3], stride: [2, 2], padding: [1, 0, 1, 2], countIncludePad: false }, "qavgPool2d"],
  [ops.avgPool2d, { kernel: [3, 3], stride: [2, 3], padding: [1, 1, 1, 1], ceilMode: true }, "qavgPool2d"],
  [ops.avgPool2d, { kernel: [2, 2], stride: [2, 2], divisorOverride: 3 }, "qavgPool2d"],
  [ops.adaptiveAvgPool2d, { outputSize: [3, 2] }, "qadaptiveAvgPool2d"],
  [ops.adaptiveAvgPool2d, { outputSize: [1, 1] }, "qglobalAvgPool2d"],
  [ops.globalAvgPool2d, {}, "qglobalAvgPool2d"],
  [ops.mean, { axes: [-1, 1], keepDim: false }, "qmean"],
];

describe.each(forms.map(([op, attrs, integer]) => [op.name, attrs, integer, op] as const))("%s %j becomes %s", (_, given, integer, op) => {
  it.each(roundings)("%s", (rounding) => {
    const [from, to] = [qparams(0.02, -7), qparams(0.013, 111, "u8")];
    const { graph, attrs } = lowered(op, given, rounding, from, to);
    expect(graph.nodes.map((n) => n.op.name)).toEqual([integer]);
    const y = evaluate(graph);
    expect(y.dtype).toBe("u8");
    const real = tensor(
      "f32",
      x.shape,
      Float32Array.from(x.data, (q) => (q + 7) * round32(0.02)),
    );
    const mean = op.reference({ x: real }, attrs)["y"]!;
    expect(y.shape).toEqual(mean.shape);
    // Half a step; rounding twice may add another half of the first step, which is small here.
    mean.data.forEach((v, i) => {
      const steps = Math.min(255, Math.max(0, v / round32(0.013) + 111));
      expect(Math.abs(y.data[i]! - steps)).toBeLessThan(rounding.startsWith("double") ? 0.8 : 0.5001);
    });
  });

  it("refuses a scale per channel", () => {
    const perChannel = { ...qparams(1, 0), scale: tensor("f32", [3], [1, 2, 3]) };
    expect(() => lowered(op, given, "float", perChannel, qparams(1, 0))).toThrow(QuantizationError);
    expect(() => lowered(op, given, "float", qparams(1, 0), perChannel)).toThrow(/node/);
  });
});

describe("float multipliers are those of f32 arithmetic", () => {
  it("f32(s_x / f32(s_y * count))", () => {
    const [sx, sy] = [round32(0.1), round32(0.3)];
    const { graph } = lowered(ops.globalAvgPool2d, {}, "float", qparams(sx, 0), qparams(sy, 0));
    const { inputs } = graph.nodes[0]!;
    const [m, e] = [graph.constants.get(inputs["multiplier"]!)!.data[0]!, graph.constants.get(inputs["exponent"]!)!.data[0]!];
    expect(m * 2 ** (e - 31)).toBe(round32(sx / round32(sy * 35)));
  });
});

it("a max pool keeps its window, and its input's qparams", () => {
  const given = { kernel: [2, 2], stride: [1, 2], padding: [0, 1, 1, 0], dilation: [2, 1], ceilMode: true };
  const { graph } = lowered(ops.maxPool2d, given, "float", qparams(0.5, 3), qparams(0.5, 3));
  expect(graph.nodes[0]!.attrs).toEqual(given);
});
