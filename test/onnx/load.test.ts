/** What becomes of an ONNX graph: names, layouts, parameters. That it computes the same, test/golden-runner compares. */
import { describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { load } from "../../src/onnx/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import { onnxModel, type OnnxNode } from "../support/onnx.ts";

const node = (op: string, inputs: readonly string[], outputs: readonly string[], attributes: OnnxNode["attributes"] = {}): OnnxNode => ({
  op,
  inputs,
  outputs,
  attributes,
});

/** Counts up, so that a wrong order of elements shows. */
const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => (i % 7) - 3);

const net = onnxModel({
  nodes: [
    node("Conv", ["x", "conv.weight", "conv.bias"], ["conv"], { pads: [1, 1, 1, 1] }),
    node("Relu", ["conv"], ["relu"]),
    node("Flatten", ["relu"], ["flat"]),
    node("Gemm", ["flat", "fc.weight", "fc.bias"], ["y"], { transB: 1 }),
  ],
  initializers: [
    { name: "conv.weight", type: "f32", dims: [3, 2, 3, 3], data: counting(54) },
    { name: "conv.bias", type: "f32", dims: [3], data: counting(3) },
    { name: "fc.weight", type: "f32", dims: [5, 60], data: counting(300) },
    { name: "fc.bias", type: "f32", dims: [5], data: counting(5) },
  ],
  inputs: [{ name: "x", type: "f32", dims: [2, 2, 4, 5] }],
  outputs: [{ name: "y", type: "f32", dims: [2, 5] }],
});

describe("a loaded net", () => {
  const graph = load(net);

  it("keeps ONNX's shape and name at the border, and is NHWC behind it", () => {
    expect(graph.inputs).toEqual(["x"]);
    expect(graph.types.get("x")).toEqual({ dtype: "f32", shape: [2, 2, 4, 5] });
    expect([...graph.outputs.keys()]).toEqual(["y"]);
    expect(graph.types.get("relu")!.shape).toEqual([2, 4, 5, 3]);
  });

  it("has its weights as parameters, named as in the file, OHWI", () => {
    expect([...graph.states].map(([name, s]) => [name, s.role, s.tensor.shape])).toEqual([
      ["conv.weight", "parameter", [3, 3, 3, 2]],
      ["conv.bias", "parameter", [3]],
      ["fc.weight", "parameter", [5, 60]],
      ["fc.bias", "parameter", [5]],
    ]);
  });

  it("transposes once, at its input: a Gemm behind a Flatten has its weights permuted", () => {
    expect(graph.nodes.map((n) => n.op.name)).toEqual(["transpose", "conv2d", "relu", "reshape", "linear"]);
  });

  it("computes what ONNX's loops say", async () => {
    const x = counting(80);
    using run = await cpu().compile(graph);
    const { y } = await run({ x: tensor("f32", [2, 2, 4, 5], x) });
    const [w, b, fw, fb] = [54, 3, 300, 5].map(counting) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const at = (n: number, c: number, i: number, j: number): number =>
      i < 0 || j < 0 || i > 3 || j > 4 ? 0 : x[((n * 2 + c) * 4 + i) * 5 + j]!;
    const want: number[] = [];
    for (let n = 0; n < 2; n++) {
      const flat: number[] = [];
      for (let o = 0; o < 3; o++)
        for (let i = 0; i < 4; i++)
          for (let j = 0; j < 5; j++) {
            let sum = b[o]!;
            for (let c = 0; c < 2; c++)
              for (let ky = 0; ky < 3; ky++)
                for (let kx = 0; kx < 3; kx++) sum += at(n, c, i + ky - 1, j + kx - 1) * w[((o * 2 + c) * 3 + ky) * 3 + kx]!;
            flat.push(Math.max(0, sum));
          }
      for (let o = 0; o < 5; o++) want.push(flat.reduce((sum, v, k) => sum + v * fw[o * 60 + k]!, fb[o]!));
    }
    expect([...y!.data]).toEqual(want);
  });

  it("gives back inner values by name, in ONNX's layout", async () => {
    const inner = load(net, { outputs: ["relu"] });
    expect(inner.types.get(inner.outputs.get("relu")!)!.shape).toEqual([2, 3, 4, 5]);
    expect(inner.nodes.map((n) => n.op.name)).toEqual(["transpose", "conv2d", "relu", "transpose"]);
  });
});
