/** Files of QDQ form, loaded in integers. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { load } from "../../src/onnx/index.ts";
import { tensorOf } from "../golden-runner/golden-case.ts";
import { loadTopic } from "../golden-runner/load.ts";
import { pixels } from "../golden-runner/models.ts";
import { compare } from "../golden-runner/tolerance.ts";
import { testGpu } from "../support/device.ts";
import { absolute } from "../support/sources.ts";
import { known, model, node } from "./refused.ts";

let backends: readonly Backend[];
beforeAll(async () => {
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

const golden = absolute("test/golden");
const cases = loadTopic(golden, "models").filter((c) => c.op === "qdq");

describe.each(cases.map((c) => [c.name, c] as const))("%s in integers", (name, c) => {
  const graph = load(readFileSync(`${golden}/models/${name}`), { integers: true });

  it("has no float op between the first quantize and the last dequantize", () => {
    const ops = graph.nodes.map((n) => n.op.name);
    expect([ops[0], ops.at(-1)]).toEqual(["quantize", "dequantize"]);
    expect(ops.slice(1, -1).filter((op) => !/^(q[a-z]|transpose$|reshape$)/.test(op) || op === "quantize")).toEqual([]);
  });

  it("gives the logits within the file's tolerance, the same on the CPU and the GPU", async () => {
    const images = pixels(tensorOf(c, "images"));
    const got = [];
    for (const backend of backends) {
      using run = await backend.compile(graph);
      got.push((await run({ [graph.inputs[0]!]: images }))["logits"]!);
    }
    expect(compare(got[0]!, tensorOf(c, c.outputs.get("logits")!), c.tolerance.get("logits")!)).toBeUndefined();
    expect(got[1]!.data).toEqual(got[0]!.data);
  });
});

describe("pairs", () => {
  const qparams = [
    known("s", Float32Array.of(0.5), []),
    known("z", Uint8Array.of(0), []),
    known("s2", Float32Array.of(0.25), []),
    known("z3", Uint8Array.of(3), []),
    known("zero", Float32Array.of(0), []),
    known("six", Float32Array.of(6), []),
    known("wide", Float32Array.of(128), []),
  ];
  /** x quantized by s and z, dequantized, through the nodes, quantized, dequantized. */
  const opsOf = (nodes: Parameters<typeof model>[0], [scale, zero]: readonly string[] = ["s", "z"]): readonly string[] => {
    const file = model(
      [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        ...nodes,
        node("QuantizeLinear", ["r", scale!, zero!], ["rq"]),
        node("DequantizeLinear", ["rq", scale!, zero!], ["y"]),
      ],
      qparams,
    );
    return load(file, { integers: true }).nodes.map((n) => n.op.name);
  };
  const pool = node("MaxPool", ["d"], ["r"], { kernel_shape: [2, 2] });

  it("of the same scale and zero point vanish behind a pool, which picks integers; of others they stay", () => {
    const middle = (names?: readonly string[]) => opsOf([pool], names).filter((op) => op !== "transpose");
    expect(middle()).toEqual(["quantize", "qmaxPool2d", "dequantize"]);
    for (const names of [
      ["s2", "z"],
      ["s", "z3"],
    ])
      expect(middle(names)).toEqual(["quantize", "qmaxPool2d", "dequantize", "quantize", "dequantize"]);
  });

  it("are passed by what picks elements: a Flatten between a pair and a Gemm", () => {
    const file = model(
      [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("Flatten", ["d"], ["f"]),
        node("DequantizeLinear", ["w", "s", "w0"], ["wd"]),
        node("Gemm", ["f", "wd"], ["g"]),
        node("QuantizeLinear", ["g", "s2", "z3"], ["gq"]),
        node("DequantizeLinear", ["gq", "s2", "z3"], ["y"]),
      ],
      [...qparams, known("w", new Int8Array(240).fill(2), [120, 2]), known("w0", Int8Array.of(0), [])],
    );
    expect(load(file, { integers: true }).nodes.map((n) => n.op.name)).toEqual(["quantize", "reshape", "qlinear", "dequantize"]);
  });

  it("join around sums, products, averages, joined parts and functions", () => {
    const between = (...nodes: Parameters<typeof model>[0]) =>
      opsOf(nodes, ["s2", "z3"])
        .filter((op) => op !== "transpose")
        .slice(1, -1);
    expect(between(node("Add", ["d", "d"], ["r"]))).toEqual(["qadd"]);
    expect(between(node("Mul", ["d", "d"], ["r"]))).toEqual(["qmul"]);
    expect(between(node("GlobalAveragePool", ["d"], ["r"]))).toEqual(["qglobalAvgPool2d"]);
    expect(between(node("AveragePool", ["d"], ["r"], { kernel_shape: [2, 2] }))).toEqual(["qavgPool2d"]);
    expect(between(node("Concat", ["d", "d"], ["r"], { axis: 1 }))).toEqual(["qleakyRelu", "qleakyRelu", "qconcat"]);
    expect(between(node("Sigmoid", ["d"], ["r"]))).toEqual(["qsigmoid"]);
    expect(between(node("LeakyRelu", ["d"], ["r"], { alpha: { float: 0.1 } }))).toEqual(["qleakyRelu"]);
    expect(between(node("HardSwish", ["d"], ["r"]))).toContain("hardSwish");
  });

  it("leave a layer float whose bias is in other steps than its sums, or whose weight has scales along another axis", () => {
    const layer = (biasScale: number, axis = 0) =>
      model(
        [
          node("QuantizeLinear", ["x", "s", "z"], ["q"]),
          node("DequantizeLinear", ["q", "s", "z"], ["d"]),
          node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], { axis }),
          node("DequantizeLinear", ["b", "bs"], ["bd"]),
          node("Conv", ["d", "wd", "bd"], ["c"]),
          node("QuantizeLinear", ["c", "s2", "z3"], ["y"]),
        ],
        [
          ...qparams,
          known("w", new Int8Array(16).fill(2), [4, 4, 1, 1]),
          known("ws", Float32Array.of(0.5, 0.5, 0.5, 0.5)),
          known("wz", new Int8Array(4)),
          known("b", Int32Array.of(1, 2, 3, 4)),
          known("bs", Float32Array.of(biasScale), []),
        ],
      );
    const ops = (file: Uint8Array) => load(file, { integers: true }).nodes.map((n) => n.op.name);
    expect(ops(layer(0.25))).toContain("qconv2d");
    expect(ops(layer(0.125))).toContain("conv2d");
    expect(ops(layer(0.25, 1))).toContain("conv2d");
  });

  it("take a Relu along where the range begins at 0, and leave it where it does not", () => {
    const nodes = [node("Add", ["d", "d"], ["a"]), node("Relu", ["a"], ["r"])];
    expect(opsOf(nodes)).toContain("qadd");
    expect(opsOf(nodes, ["s", "z3"])).toEqual(expect.arrayContaining(["add", "relu"]));
  });

  it("take a Clip along where the range ends before it does", () => {
    const nodes = (high: string) => [node("Add", ["d", "d"], ["a"]), node("Clip", ["a", "zero", high], ["r"])];
    expect(opsOf(nodes("wide"))).toContain("qadd");
    expect(opsOf(nodes("six"))).toEqual(expect.arrayContaining(["add"]));
  });

  it("leave what somebody else reads as float, too", () => {
    const file = model(
      [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("Add", ["d", "d"], ["r"]),
        node("QuantizeLinear", ["r", "s", "z"], ["y"]),
      ],
      qparams,
      { outputs: [{ name: "y", type: "u8" }, { name: "r", type: "f32" }] }, // prettier-ignore
    );
    expect(load(file, { integers: true }).nodes.map((n) => n.op.name)).toEqual(["quantize", "dequantize", "add", "qadd"]);
  });
});
