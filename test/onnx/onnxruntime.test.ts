/**
 * A net with inverted residual blocks as ONNX files of every form, run by ONNX Runtime (WebAssembly, optimizations off) and by
 * what `load` makes of them, on the CPU and the GPU. Weights and images are random.
 */
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { load, type LoadOptions } from "../../src/onnx/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { onnxModel, type Initializer, type OnnxNode } from "../support/onnx.ts";
import { known, node } from "./refused.ts";

const MS = "com.microsoft";
const random = new Random(7);
const floats = (length: number, reach: number): Float32Array => Float32Array.from({ length }, () => random.uniform(-reach, reach));
const X = tensor("f32", [2, 3, 9, 8], floats(432, 1));

/** The layers of the net, as [name, input, weight's shape, attributes]; `low` is what ranges begin at behind a Clip. */
const layers = [
  { name: "c1", x: "x", weight: [8, 3, 3, 3], attributes: { pads: [1, 1, 1, 1], strides: [2, 2] }, clipped: true },
  { name: "c2", x: "c1", weight: [8, 1, 3, 3], attributes: { pads: [1, 1, 1, 1], group: 8 }, clipped: true },
  { name: "c3", x: "c2", weight: [8, 8, 1, 1], attributes: {}, clipped: false },
] as const;
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const weights = new Map<string, Float32Array>([
  ...layers.map(({ name, weight }) => [name, floats(size(weight), 2 / Math.sqrt(size(weight.slice(1))))] as const),
  ["fc", floats(40, 0.5)],
]);
const biases = new Map<string, Float32Array>([...layers.map(({ name }) => [name, floats(8, 0.2)] as const), ["fc", floats(5, 0.2)]]);
/** Scale and zero point of each value, by the range that it has roughly; in i8 the zero points are 128 less. */
const ranges = new Map<string, readonly [number, number]>([
  ["x", [2 / 255, 128]],
  ["c1", [2.2 / 255, 0]],
  ["c2", [2.2 / 255, 0]],
  ["c3", [4 / 255, 120]],
  ["sum", [5 / 255, 99]],
  ["pool", [1.5 / 255, 100]],
  ["y", [1.2 / 255, 128]],
]);

interface Net {
  readonly bytes: Uint8Array;
  readonly outputs: readonly string[];
}
const net = (
  nodes: readonly OnnxNode[],
  initializers: readonly Initializer[],
  outputs: readonly (readonly [string, "f32" | "i8" | "u8"])[],
): Net => ({
  bytes: onnxModel({
    nodes,
    initializers: initializers.filter(({ name }) => nodes.some(({ inputs }) => inputs.includes(name))),
    inputs: [{ name: "x", type: "f32", dims: ["batch", 3, 9, 8] }],
    outputs: outputs.map(([name, type]) => ({ name, type })),
    opset: 17,
  }),
  outputs: outputs.map(([name]) => name),
});

const floatWeights = (): Initializer[] => [
  ...layers.map(({ name, weight }) => known(`${name}.w`, weights.get(name)!, weight)),
  ...[...biases].map(([name, data]) => known(`${name}.b`, data)),
  known("fc.w", weights.get("fc")!, [5, 8]),
  known("low", Float32Array.of(0), []),
  known("high", Float32Array.of(6), []),
];

/** A float convolution with a Clip behind it. */
const floatNet = (): Net =>
  net(
    [
      ...layers.flatMap(({ name, x, attributes, clipped }) => [
        node("Conv", [x, `${name}.w`, `${name}.b`], [clipped ? `${name}.raw` : name], attributes),
        ...(clipped ? [node("Clip", [`${name}.raw`, "low", "high"], [name])] : []),
      ]),
      node("Add", ["c3", "c1"], ["sum"]),
      node("GlobalAveragePool", ["sum"], ["pool"]),
      node("Flatten", ["pool"], ["flat"]),
      node("Gemm", ["flat", "fc.w", "fc.b"], ["y"], { transB: 1 }),
    ],
    floatWeights(),
    ["c1", "c3", "sum", "y"].map((name) => [name, "f32"] as const),
  );

type Byte = "i8" | "u8";
const bytes = (type: Byte, ...values: readonly number[]): Int8Array | Uint8Array =>
  type === "i8" ? Int8Array.from(values) : Uint8Array.from(values);

/** Scales and zero points of values and weights, the integer weights (per channel) and biases. */
function integers(type: Byte): Initializer[] {
  const shift = type === "i8" ? 128 : 0;
  const all: Initializer[] = [];
  for (const [name, [scale, zero]] of ranges)
    all.push(known(`${name}.s`, Float32Array.of(scale), []), known(`${name}.z`, bytes(type, zero - shift), []));
  for (const { name, x, weight } of [...layers, { name: "fc", x: "pool", weight: [5, 8] as const }]) {
    const [w, b, per] = [weights.get(name)!, biases.get(name)!, size(weight.slice(1))];
    const scales = Float32Array.from(b, (_, c) => Math.max(...w.subarray(c * per, (c + 1) * per).map(Math.abs)) / 127);
    const q = Int8Array.from(w, (v, i) => Math.round(v / scales[Math.floor(i / per)]!));
    const biasScales = scales.map((s) => Math.fround(s * Math.fround(ranges.get(x)![0])));
    all.push(
      known(`${name}.qw`, q, weight),
      known(`${name}.ws`, scales),
      known(`${name}.wz`, new Int8Array(b.length)),
      known(
        `${name}.qb`,
        Int32Array.from(b, (v, c) => Math.round(v / biasScales[c]!)),
      ),
      known(`${name}.bs`, biasScales),
      known(`${name}.bz`, new Int32Array(b.length)),
    );
  }
  return all;
}
const q = (name: string): readonly string[] => [`${name}.s`, `${name}.z`];

const operatorNet = (type: Byte): Net =>
  net(
    [
      node("QuantizeLinear", ["x", ...q("x")], ["xq"]),
      ...layers.map(({ name, x, attributes }) =>
        node(
          "QLinearConv",
          [x === "x" ? "xq" : x, ...q(x), `${name}.qw`, `${name}.ws`, `${name}.wz`, ...q(name), `${name}.qb`],
          [name],
          attributes,
        ),
      ),
      node("QLinearAdd", ["c3", ...q("c3"), "c1", ...q("c1"), ...q("sum")], ["sum"], {}, MS),
      node("QLinearGlobalAveragePool", ["sum", ...q("sum"), ...q("pool")], ["pool"], {}, MS),
      node("Flatten", ["pool"], ["flat"]),
      node("QGemm", ["flat", ...q("pool"), "fc.qw", "fc.ws", "fc.wz", "fc.qb", ...q("y")], ["yq"], { transB: 1 }, MS),
      node("DequantizeLinear", ["yq", ...q("y")], ["y"]),
    ],
    integers(type),
    [...["xq", "c1", "c2", "c3", "sum", "pool", "yq"].map((name) => [name, type] as const), ["y", "f32"]],
  );

/** The other operators of integers that ONNX Runtime has. */
const branchNet = (type: Byte): Net =>
  net(
    [
      node("QuantizeLinear", ["x", ...q("x")], ["xq"]),
      node("QLinearLeakyRelu", ["xq", ...q("x"), ...q("c3")], ["leaky"], { alpha: { float: 0.1 } }, MS),
      node("QLinearSigmoid", ["xq", ...q("x"), ...q("c1")], ["sigmoid"], {}, MS),
      node("QLinearMul", ["leaky", ...q("c3"), "sigmoid", ...q("c1"), ...q("x")], ["product"], {}, MS),
      node("QLinearConcat", [...q("sum"), "xq", ...q("x"), "product", ...q("x"), "leaky", ...q("c3")], ["joined"], { axis: 1 }, MS),
      node(
        "QLinearAveragePool",
        ["joined", ...q("sum"), ...q("pool")],
        ["pooled"],
        { kernel_shape: [2, 3], strides: [2, 2], pads: [0, 1, 1, 1] },
        MS,
      ),
    ],
    integers(type),
    ["xq", "leaky", "sigmoid", "product", "joined", "pooled"].map((name) => [name, type] as const),
  );

/** Every value goes through a pair of QuantizeLinear and DequantizeLinear. */
function pairNet(type: Byte): Net {
  const pair = (name: string): OnnxNode[] => [
    node("QuantizeLinear", [name, ...q(name)], [`${name}.q`]),
    node("DequantizeLinear", [`${name}.q`, ...q(name)], [`${name}.d`]),
  ];
  const weight = (name: string): OnnxNode[] => [
    node("DequantizeLinear", [`${name}.qw`, `${name}.ws`, `${name}.wz`], [`${name}.dw`], { axis: 0 }),
    node("DequantizeLinear", [`${name}.qb`, `${name}.bs`, `${name}.bz`], [`${name}.db`], { axis: 0 }),
  ];
  const nodes = [
    ...pair("x"),
    ...layers.flatMap(({ name, x, attributes }) => [
      ...weight(name),
      node("Conv", [`${x}.d`, `${name}.dw`, `${name}.db`], [name], attributes),
      ...pair(name),
    ]),
    node("Add", ["c3.d", "c1.d"], ["sum"]),
    ...pair("sum"),
    node("GlobalAveragePool", ["sum.d"], ["pool"]),
    ...pair("pool"),
    node("Flatten", ["pool.d"], ["flat"]),
    ...weight("fc"),
    node("Gemm", ["flat", "fc.dw", "fc.db"], ["y"], { transB: 1 }),
    ...pair("y"),
  ];
  return net(nodes, integers(type), [
    ...["x.q", "c1.q", "c3.q", "sum.q", "pool.q", "y.q"].map((name) => [name, type] as const),
    ["y.d", "f32"],
  ]);
}

/** The first two layers and the last with ranges that each run chooses. */
function dynamicNet(): Net {
  const dynamic = (name: string, x: string, op: string, w: readonly string[], attributes: OnnxNode["attributes"] = {}): OnnxNode[] => [
    node("DynamicQuantizeLinear", [x], [`${name}.x`, `${name}.xs`, `${name}.xz`]),
    node(op, [`${name}.x`, w[0]!, `${name}.xz`, ...w.slice(2)], [`${name}.i`], attributes),
    node("Cast", [`${name}.i`], [`${name}.f`], { to: 1 }),
    node("Mul", [`${name}.xs`, w[1]!], [`${name}.s`]),
    node("Mul", [`${name}.f`, `${name}.s`], [`${name}.m`]),
  ];
  const unsigned = (name: string, data: Int8Array, dims: readonly number[]): Initializer => known(name, Uint8Array.from(data, (v) => v + 120), dims); // prettier-ignore
  const all = new Map(integers("u8").map((i) => [i.name, i]));
  const qw = (name: string): Int8Array => all.get(`${name}.qw`)!.data as Int8Array;
  return net(
    [
      ...dynamic("c1", "x", "ConvInteger", ["c1.u", "one", "zero"], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node("Relu", ["c1.m"], ["c1"]),
      ...dynamic("c2", "c1", "ConvInteger", ["c2.qw", "one"], { pads: [1, 1, 1, 1], group: 8 }),
      node("GlobalAveragePool", ["c2.m"], ["pool"]),
      node("Flatten", ["pool"], ["flat"]),
      ...dynamic("fc", "flat", "MatMulInteger", ["fc.u", "one", "zero"]),
      node("Add", ["fc.m", "fc.b"], ["y"]),
    ],
    [
      unsigned("c1.u", qw("c1"), [8, 3, 3, 3]),
      all.get("c2.qw")!,
      unsigned("fc.u", qw("fc"), [8, 5]),
      known("zero", Uint8Array.of(120), []),
      known("one", Float32Array.of(0.01), []),
      known("fc.b", biases.get("fc")!),
    ],
    [["c1.x", "u8"], ["c1.xs", "f32"], ["c1.xz", "u8"], ["c1", "f32"], ["c2.x", "u8"], ["c2.m", "f32"], ["y", "f32"]], // prettier-ignore
  );
}

async function judged({ bytes: file, outputs }: Net): Promise<ReadonlyMap<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"], graphOptimizationLevel: "disabled" });
  const got = await session.run({ x: new ort.Tensor("float32", X.data, X.shape) });
  await session.release();
  return new Map(outputs.map((name) => [name, got[name]!]));
}

let backends: readonly Backend[];
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

/** [what, net, elements of an output that may be off by one step, relative error of floats] */
type Form = readonly [string, () => Net, number, number, LoadOptions?];
const forms: readonly Form[] = [
  ["float", floatNet, 0, 1e-5],
  ["QOperator u8s8", () => operatorNet("u8"), 0, 1e-6],
  ["QOperator s8s8", () => operatorNet("i8"), 0, 1e-6],
  // Averages of windows and sigmoids are f32 there: near ties a step apart.
  ["branches u8", () => branchNet("u8"), 0.01, 0],
  ["branches s8", () => branchNet("i8"), 0.01, 0],
  // Convolutions and averages in f32, summed in another order: near ties a step apart.
  ["QDQ u8s8", () => pairNet("u8"), 0.02, 0.05],
  ["QDQ s8s8", () => pairNet("i8"), 0.02, 0.05],
  ["QDQ u8s8 in integers", () => pairNet("u8"), 0.02, 0.05, { integers: true }],
  ["QDQ s8s8 in integers", () => pairNet("i8"), 0.02, 0.05, { integers: true }],
  ["dynamic", dynamicNet, 0, 1e-5],
];

for (const [what, make, fraction, relative, options] of forms)
  it(`${what}: ONNX Runtime's values, inner ones too`, async () => {
    const file = make();
    const want = await judged(file);
    const graph = load(file.bytes, options);
    if (options?.integers) {
      const float = graph.nodes.map((n) => n.op.name).filter((op) => /^(conv2d|linear|add|globalAvgPool2d)$/.test(op));
      expect(float).toEqual([]);
    }
    for (const backend of backends) {
      using run = await backend.compile(graph);
      const got = await run({ x: X });
      for (const [name, w] of want) compareOutput(`${backend.kind} ${name}`, got[name]!, w, fraction, relative);
    }
  });

function compareOutput(where: string, got: Tensor, want: ort.Tensor, fraction: number, relative: number): void {
  expect(got.shape, where).toEqual(want.dims);
  const data = want.data as Float32Array | Int8Array | Uint8Array;
  const errors = Array.from(got.data, (v, i) => Math.abs(v - data[i]!));
  if (got.dtype === "f32") {
    const most = Math.max(...Array.from(data, Math.abs));
    expect(Math.max(...errors), where).toBeLessThanOrEqual(relative * most);
    return;
  }
  expect(new Set(data).size, `${where}: values that differ`).toBeGreaterThan(data.length > 1 ? 3 : 0);
  expect(Math.max(...errors), where).toBeLessThanOrEqual(1);
  expect(errors.filter((e) => e > 0).length, where).toBeLessThanOrEqual(fraction * errors.length + (fraction > 0 ? 1 : 0));
}
