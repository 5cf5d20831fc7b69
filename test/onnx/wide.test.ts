/**
 * double and uint64, which a graph holds as pairs of words: against ONNX Runtime to the bit, alone and behind an image that lies
 * NHWC, on the CPU and the GPU; how they come in and go out; and that all other operators refuse them.
 */
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { load } from "../../src/onnx/index.ts";
import { operators } from "../../src/onnx/operators/index.ts";
import { formatType, tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { onnxModel, type AttributeValue, type Initializer, type OnnxNode, type Port } from "../support/onnx.ts";
import { besideWide, f64, f64s, randomWide, u64s } from "../support/wide.ts";
import { known, node, refusal } from "./refused.ts";

/** Number in files, ONNX Runtime's name, and what its elements are in. */
const types = {
  f32: [1, "float32", Float32Array],
  i32: [6, "int32", Int32Array],
  i64: [7, "int64", BigInt64Array],
  f64: [11, "float64", Float64Array],
  u64: [13, "uint64", BigUint64Array],
} as const;
type Type = keyof typeof types;
type Input = readonly [type: Type, t: Tensor];
const isWide = (type: Type): boolean => type === "f64" || type === "u64";

const r = new Random(5);
const shape = [3, 4, 5];
const doubles = randomWide(r, "f64", shape);
const longs = randomWide(r, "u64", shape);
const inputs: Readonly<Record<string, Input>> = {
  a: ["f64", doubles],
  b: ["f64", besideWide(r, "f64", doubles)],
  row: ["f64", randomWide(r, "f64", [1, 5])],
  u: ["u64", longs],
  // Division by 0 is nothing that ONNX Runtime survives.
  v: ["u64", { ...longs, data: besideWide(r, "u64", longs).data.map((w, i) => (i % 2 === 0 ? w | 1 : w)) }],
  one: ["u64", u64s([], [10_000_000_019n])],
  f: ["f32", tensor("f32", [5], [0.1, -0, 1e-45, -3e38, 65504.5])],
  few: ["f64", f64(0.1, -2.9, 2147483646.9, 1e-320, 0)],
  x: [
    "f32",
    tensor(
      "f32",
      [1, 4, 2, 3],
      Float32Array.from({ length: 24 }, () => r.uniform(-2, 2)),
    ),
  ],
};
const turned = Float32Array.of(0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0);
/** An image that lies NHWC, whose channels changed places, as doubles. */
const image = [node("Conv", ["x", "w"], ["c"]), node("Cast", ["c"], ["d"], { to: types.f64[0] })];
const weight: Initializer = known("w", turned, [4, 4, 1, 1]);
const channels: Initializer = { name: "channels", type: "f64", dims: [4, 1, 1], data: Float64Array.of(0.1, -1e10, 2 ** -60, 7) };
const list = (name: string, ...values: number[]): Initializer => known(name, BigInt64Array.from(values, BigInt));

interface Case {
  readonly what: string;
  readonly nodes: readonly OnnxNode[];
  readonly y: Type;
  readonly known?: readonly Initializer[];
}
const op = (type: string, from: readonly string[], y: Type, attributes: Readonly<Record<string, AttributeValue>> = {}): Case => ({
  what: `${type} of ${from.join(" and ")}`,
  nodes: [node(type, from, ["y"], attributes)],
  y,
});
interface Moved {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly lists?: readonly Initializer[];
  readonly outputs?: readonly string[];
  readonly y?: Type;
}
const moved = (type: string, { attributes = {}, lists = [], outputs = ["y"], y = "f64" }: Moved): Case => ({
  what: `${type} of an image`,
  nodes: [...image, node(type, ["d", ...lists.map((l) => l.name)], outputs, attributes)],
  y,
  known: [weight, ...lists],
});
const cases: readonly Case[] = [
  ...["Add", "Sub", "Mul", "Div"].flatMap((type) => [
    op(type, ["a", "b"], "f64"),
    op(type, ["row", "a"], "f64"),
    op(type, ["u", "v"], "u64"),
    op(type, ["u", "one"], "u64"),
  ]),
  op("Cast", ["a"], "f32", { to: 1 }),
  op("Cast", ["few"], "i32", { to: 6 }),
  op("Cast", ["few"], "i64", { to: 7 }),
  op("Cast", ["f"], "f64", { to: 11 }),
  op("Cast", ["u"], "f32", { to: 1 }),
  op("Cast", ["u"], "f64", { to: 11 }),
  op("CastLike", ["f", "a"], "f64"),
  {
    what: "Sub of channels from an image, and the image as floats",
    nodes: [...image, node("Sub", ["d", "channels"], ["s"]), node("Cast", ["s"], ["y"], { to: 1 })],
    y: "f32",
    known: [weight, channels],
  },
  { what: "Mul of an image with itself", nodes: [...image, node("Mul", ["d", "d"], ["y"])], y: "f64", known: [weight] },
  moved("Transpose", { attributes: { perm: [0, 3, 1, 2] } }),
  moved("Flatten", {}),
  moved("Reshape", { lists: [list("to", 3, -1)] }),
  moved("Unsqueeze", { lists: [list("to", 2)] }),
  moved("Squeeze", { lists: [list("to", 0)] }),
  moved("Gather", { attributes: { axis: 1 }, lists: [list("at", 3, 0, 0)] }),
  moved("Slice", { lists: [list("from", 1), list("to", 3), list("along", 1)] }),
  moved("Split", { attributes: { axis: 1 }, lists: [list("parts", 1, 3)], outputs: ["first", "y"] }),
  moved("Shape", { y: "i64" }),
];

function fileOf({ nodes, y, known: initializers = [] }: Case): Uint8Array {
  const read = new Set(nodes.flatMap((n) => n.inputs).filter((name) => Object.hasOwn(inputs, name)));
  const ports = [...read].map((name): Port => {
    const [type, t] = inputs[name]!;
    return { name, type, dims: isWide(type) ? t.shape.slice(0, -1) : t.shape };
  });
  return onnxModel({ nodes, initializers, opset: 15, inputs: ports, outputs: [{ name: "y", type: y }] });
}

/** As ONNX Runtime takes it. */
function fed([type, t]: Input): ort.Tensor {
  const Elements = types[type][2];
  return new ort.Tensor(types[type][1], new Elements(t.data.slice().buffer), isWide(type) ? t.shape.slice(0, -1) : t.shape);
}

/** What ONNX Runtime gives, as a graph does: words, int64 in i32. */
function wanted(type: Type, { data, dims }: ort.Tensor): Tensor {
  if (type === "f64") return f64s(dims, data as Float64Array);
  if (type === "u64") return u64s(dims, data as BigUint64Array);
  if (type === "i64") return tensor("i32", dims, Int32Array.from(data as BigInt64Array, Number));
  return tensor(type, dims, data as Float32Array);
}

/** NaN is one, whatever its bits. */
const readable = (type: Type, t: Tensor): readonly (number | bigint)[] => {
  const Elements = types[type === "i64" ? "i32" : type][2];
  return Array.from<number | bigint>(new Elements(t.data.slice().buffer));
};

let backends: readonly Backend[];
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

describe("ONNX Runtime's bits", () => {
  it.each(cases.map((c) => [c.what, c] as const))("%s", async (_what, c) => {
    const file = fileOf(c);
    const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"], graphOptimizationLevel: "disabled" });
    const { y } = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, fed(inputs[name]!)])));
    await session.release();
    const want = wanted(c.y, y!);
    const graph = load(file);
    for (const backend of backends) {
      using run = await backend.compile(graph);
      const got = (await run(Object.fromEntries(graph.inputs.map((name) => [name, inputs[name]![1]])))).y!;
      expect(formatType(got), backend.kind).toBe(formatType(want));
      expect(readable(c.y, got), backend.kind).toEqual(readable(c.y, want));
    }
  });
});

describe("a double", () => {
  const double = (name: string, ...dims: (number | string)[]): Port => ({ name, type: "f64", dims });
  const y: Port = { name: "y", type: "f64" };
  const add = [node("Add", ["x", "k"], ["y"])];
  const k: Initializer = { name: "k", type: "f64", dims: [2], data: Float64Array.of(0.1, 1e300) };

  it("is two words behind the axes that ONNX sees, with a batch of any size in front", async () => {
    const graph = load(onnxModel({ nodes: add, initializers: [k], inputs: [double("x", "batch", 2)], outputs: [y] }));
    expect([graph.types.get("x"), graph.types.get("y")].map((t) => formatType(t!))).toEqual(["u32 [n, 2, 2]", "u32 [n, 2, 2]"]);
    for (const backend of backends) {
      using run = await backend.compile(graph);
      const got = await run({ x: f64s([3, 2], [0.2, 1, -0.1, -1e300, 5, NaN]) });
      expect(got.y, backend.kind).toEqual(f64s([3, 2], [0.2 + 0.1, 1e300, 0, 0, 5.1, NaN]));
    }
  });

  it("that is known is given as words, too", () => {
    const file = onnxModel({ nodes: add, initializers: [k], inputs: [double("x", 2)], outputs: [y] });
    const graph = load(file, { known: { x: f64(1, 2) } });
    expect(graph.constants.get(graph.outputs.get("y")!)).toMatchObject(f64(1.1, 1e300));
    expect(refusal(file, { known: { x: tensor("u32", [3], [1, 2, 3]) } })).toMatchObject({ name: "ShapeError", code: "shape-mismatch" });
    expect(refusal(file, { known: { x: tensor("f32", [2], [1, 2]) } })).toMatchObject({ name: "DataError", code: "dtype-mismatch" });
  });

  it("that is known and cast to float may decide what is emitted, beside a type that is not known, too", async () => {
    const most: Initializer = { name: "k", type: "f64", dims: [], data: Float64Array.of(6) };
    for (const cast of [node("Cast", ["k"], ["six"], { to: 1 }), node("CastLike", ["k", "x"], ["six"])]) {
      const nodes = [cast, node("Clip", ["x", "", "six"], ["y"])];
      const x: Port = { name: "x", type: "f32", dims: [2] };
      using run = await cpu().compile(
        load(onnxModel({ nodes, initializers: [most], inputs: [x], outputs: [{ ...x, name: "y" }], opset: 15 })),
      );
      expect((await run({ x: tensor("f32", [2], [7, -7]) })).y!.data).toEqual(Float32Array.of(6, -7));
    }
  });

  it("may say the ratio of Dropout", () => {
    const ratio: Initializer = { name: "k", type: "f64", dims: [], data: Float64Array.of(0) };
    const training: Initializer = known("t", Uint8Array.of(1), []);
    const nodes = [node("Dropout", ["x", "k", "t"], ["y"])];
    const file = onnxModel({ nodes, initializers: [ratio, training], inputs: [double("x", 2)], outputs: [y], opset: 13 });
    expect(load(file).inputs).toEqual(["x"]);
  });

  it("and an uint64 are refused by all operators but those that say so", () => {
    const taking = new Set<string>();
    for (const {
      type,
      domain = "",
      since = 1,
      inputs: [least, most],
      wide,
    } of operators) {
      if (most === 0) continue;
      if (wide) {
        taking.add(type);
        continue;
      }
      for (const of of ["f64", "u64"] as const) {
        const from = Array<string>(Math.max(1, least)).fill("x");
        const file = onnxModel({
          nodes: [node(type, from, ["y"], {}, domain)],
          initializers: [],
          inputs: [{ name: "x", type: of, dims: [2, 3] }],
          outputs: [{ name: "y", type: of }],
          opset: since,
        });
        expect(refusal(file), type).toMatchObject({
          name: "DTypeError",
          code: "unsupported-dtype",
          got: of === "f64" ? "double" : "uint64",
        });
      }
    }
    expect([...taking].sort().join(" ")).toBe(
      "Add Cast CastLike Div Dropout Flatten Gather Identity Mul Reshape Shape Slice Split Squeeze Sub Transpose Unsqueeze",
    );
  });

  it("is not mixed with floats", () => {
    const file = onnxModel({ nodes: add, initializers: [k], inputs: [{ name: "x", type: "f32", dims: [2] }], outputs: [y] });
    expect(refusal(file)).toMatchObject({ code: "unsupported-dtype", expected: "float", got: "double" });
  });
});
