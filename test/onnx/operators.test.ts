/**
 * Single operators behind an image that lies NHWC, and in front of none, against ONNX Runtime: the traps beside those of the ONNX
 * project's own tests, on the CPU and the GPU.
 */
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { cpu } from "../../src/backend/cpu/index.ts";
import { webgpu } from "../../src/backend/webgpu/index.ts";
import { Random } from "../../src/numerics/random.ts";
import { load } from "../../src/onnx/index.ts";
import { tensor, type Tensor } from "../../src/tensor/index.ts";
import { testGpu } from "../support/device.ts";
import { onnxModel, type AttributeValue, type Initializer, type OnnxNode, type Port } from "../support/onnx.ts";
import { known, node } from "./refused.ts";

const r = new Random(11);
const floats = (...dims: number[]): Float32Array => Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => r.uniform(-2, 2));
const longs = (...values: number[]): BigInt64Array => BigInt64Array.from(values, BigInt);

/** Inputs: x image, v volume, m matrix [3, 4], s stack [2, 3, 4], i and j whole numbers, b and q bytes. */
const inputs: Readonly<Record<string, Tensor>> = {
  x: tensor("f32", [2, 4, 5, 6], floats(2, 4, 5, 6)),
  v: tensor("f32", [2, 4, 3, 5, 4], floats(2, 4, 3, 5, 4)),
  l: tensor("f32", [2, 3, 7], floats(2, 3, 7)),
  m: tensor("f32", [3, 4], floats(3, 4)),
  s: tensor("f32", [2, 3, 4], floats(2, 3, 4)),
  row: tensor("f32", [4], floats(4)),
  i: tensor("i32", [2, 3], [7, -7, 2147483647, -2147483648, 0, 5]),
  j: tensor("i32", [3], [2, -2, 3]),
  q: tensor(
    "u8",
    [2, 3, 4],
    Uint8Array.from({ length: 24 }, () => r.int(0, 255)),
  ),
  b: tensor("i8", [2, 5], [-128, -1, 0, 1, 127, 5, -5, 9, 100, -100]),
};
const fourByFour: Initializer = known("w", floats(4, 4), [4, 4, 1, 1]);
/** Makes an image that lies NHWC. */
const nhwc: OnnxNode = node("Conv", ["x", "w"], ["c"]);

interface Case {
  readonly what: string;
  readonly nodes: readonly OnnxNode[];
  readonly known?: readonly Initializer[];
  readonly opset?: number;
  /** Types of the outputs y, y1, ..: f32 where absent. */
  readonly types?: readonly Port["type"][];
  readonly tolerance?: number;
}

/** The operator alone, and behind the convolution where its first input is x. */
function both(
  what: string,
  op: string,
  from: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  rest: Partial<Case> = {},
): readonly Case[] {
  const outputs = (rest.types ?? ["f32"]).map((_, i) => (i === 0 ? "y" : `y${i}`));
  const alone = { what: `${op} ${what}`, nodes: [node(op, from, outputs, attributes)], ...rest };
  if (from[0] !== "x") return [alone];
  const behind = { ...alone, what: `${op} ${what}, of NHWC`, nodes: [nhwc, node(op, ["c", ...from.slice(1)], outputs, attributes)] };
  return [alone, { ...behind, known: [...(rest.known ?? []), fourByFour] }];
}

const resize = (
  what: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  to: { scales?: number[]; sizes?: number[]; roi?: number[] },
  opset = 19,
) =>
  both(what, "Resize", ["x", to.roi ? "roi" : "", to.scales ? "scales" : "", ...(to.sizes ? ["sizes"] : [])], attributes, {
    opset,
    known: [
      ...(to.roi ? [known("roi", Float32Array.from(to.roi))] : []),
      ...(to.scales ? [known("scales", Float32Array.from(to.scales))] : []),
      ...(to.sizes ? [known("sizes", longs(...to.sizes))] : []),
    ],
  });
const pad = (
  what: string,
  mode: string,
  pads: readonly number[],
  rest: Partial<Case> & { readonly from?: string; readonly value?: Initializer } = {},
) =>
  both(
    `${mode}, ${what}`,
    "Pad",
    [rest.from ?? "x", "pads", ...(rest.value ? [rest.value.name] : [])],
    { mode },
    {
      opset: 19,
      ...rest,
      known: [known("pads", longs(...pads)), ...(rest.value ? [rest.value] : [])],
    },
  );
const list = (name: string, ...values: number[]): Initializer => known(name, longs(...values));

const coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];
const cases: readonly Case[] = [
  ...coordinates.flatMap((mode) =>
    resize(`linear, ${mode}`, { mode: "linear", coordinate_transformation_mode: mode }, { sizes: [2, 4, 3, 9] }),
  ),
  ...coordinates.flatMap((mode) =>
    resize(`cubic, ${mode}`, { mode: "cubic", coordinate_transformation_mode: mode }, { sizes: [2, 4, 8, 5] }),
  ),
  ...["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].flatMap((nearest) =>
    coordinates.flatMap((mode) =>
      resize(`nearest, ${nearest}, ${mode}`, { nearest_mode: nearest, coordinate_transformation_mode: mode }, { sizes: [2, 4, 3, 8] }),
    ),
  ),
  ...resize(
    "by whole factors, as blocks",
    { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    { scales: [1, 1, 2, 3] },
  ),
  ...resize(
    "cubic without what is outside",
    { mode: "cubic", exclude_outside: 1, cubic_coeff_a: { float: -0.5 } },
    { scales: [1, 1, 1.5, 0.75] },
  ),
  ...resize("linear with antialias", { mode: "linear", antialias: 1 }, { sizes: [2, 4, 2, 3] }),
  ...resize("cubic with antialias", { mode: "cubic", antialias: 1 }, { sizes: [2, 4, 3, 2] }),
  ...resize("by scales with a fraction left", { mode: "linear" }, { scales: [1, 1, 0.7, 1.3] }),
  ...resize(
    "of a part, beyond an edge",
    { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: { float: 7 } },
    { sizes: [2, 4, 3, 4], roi: [0, 0, 0.4, 0.2, 1, 1, 1.2, 0.7] },
  ),
  ...resize("in its proportions, not larger", { axes: [3, 2], keep_aspect_ratio_policy: "not_larger" }, { sizes: [9, 11] }),
  ...resize("in its proportions, not smaller", { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" }, { sizes: [9, 11] }),
  ...both(
    "of the first version",
    "Resize",
    ["x", "scales"],
    { mode: "linear" },
    { opset: 10, known: [known("scales", Float32Array.of(1, 1, 2, 1.5))] },
  ),
  ...both("nearest", "Upsample", ["x", "scales"], {}, { opset: 9, known: [known("scales", Float32Array.of(1, 1, 2, 2))] }),

  ...pad("wider than the image", "edge", [0, 1, 7, 0, 0, 0, 0, 8]),
  ...pad("on both sides", "reflect", [0, 0, 4, 1, 0, 1, 2, 5]),
  ...pad("around", "wrap", [0, 0, 2, 1, 1, 0, 3, 6]),
  ...pad("a number, cut off and put on", "constant", [0, -1, 2, -2, 0, 3, -1, 1], { value: known("value", Float32Array.of(2.5), []) }),
  ...pad("cut off alone", "constant", [0, -1, 0, -2, -1, 0, -1, 0]),
  ...pad("of bytes", "constant", [1, 2, 0, 1], { from: "b", value: known("value", Int8Array.of(-7), []), types: ["i8"] }),
  ...pad("of whole numbers", "constant", [0, 1, 1, 0], { from: "i", value: known("value", Int32Array.of(-9), []), types: ["i32"] }),
  ...both("by axes", "Pad", ["x", "pads", "", "axes"], {}, { opset: 18, known: [list("pads", 1, 2, 3, 0), list("axes", -1, 1)] }),
  ...both("as an attribute", "Pad", ["x"], { pads: [0, 0, 1, 2, 0, 0, 3, 0], value: { float: -1.5 } }, { opset: 2 }),

  ...[1, 2, 3].flatMap((axis) => both(`along axis ${axis}`, "Softmax", ["x"], { axis })),
  ...[0, 1, 2, 3].flatMap((axis) => both(`from axis ${axis} on`, "Softmax", ["x"], { axis }, { opset: 11 })),
  ...both("from axis 2 on", "LogSoftmax", ["x"], { axis: 2 }, { opset: 11 }),
  ...both("along the channels", "LogSoftmax", ["x"], { axis: -3 }),

  ...both("over negative axes", "ReduceMean", ["x"], { axes: [-1, 1], keepdims: 0 }),
  ...both("over all", "ReduceMean", ["x"], { keepdims: 0 }),
  ...both("over axes of an input", "ReduceMean", ["x", "axes"], {}, { opset: 18, known: [list("axes", 2, -1)] }),
  ...both("over no axes", "ReduceMean", ["x", "axes"], { noop_with_empty_axes: 1 }, { opset: 18, known: [known("axes", longs(), [0])] }),
  ...both("along the channels", "ArgMax", ["x"], { axis: 1, keepdims: 0 }, { types: ["i64"] }),
  ...both("the last of equal ones", "ArgMax", ["x"], { axis: -1, select_last_index: 1 }, { types: ["i64"] }),
  ...both("of an image", "GlobalMaxPool", ["x"]),
  ...both("of a row", "GlobalMaxPool", ["l"]),
  ...both("of a volume", "GlobalAveragePool", ["v"]),

  ...both("of vectors", "MatMul", ["row", "row"]),
  ...both("of a vector and a stack", "MatMul", ["row", "k"], {}, { known: [known("k", floats(2, 4, 3), [2, 4, 3])] }),
  ...both("of a stack and a vector", "MatMul", ["s", "row"]),
  ...both("of a stack and a known vector", "MatMul", ["s", "k"], {}, { known: [known("k", floats(4))] }),
  ...both("of stacks that broadcast", "MatMul", ["s", "k"], {}, { known: [known("k", floats(5, 1, 4, 2), [5, 1, 4, 2])] }),
  ...both("of an image", "MatMul", ["x", "k"], {}, { known: [known("k", floats(6, 3), [6, 3])] }),
  ...both("of flattened pixels", "Flatten", ["x"]).map((c) => ({
    ...c,
    what: `MatMul ${c.what}`,
    nodes: [...c.nodes.map((n) => ({ ...n, outputs: [n.op === "Flatten" ? "f" : "c"] })), node("MatMul", ["f", "k"], ["y"])],
    known: [...(c.known ?? []), known("k", floats(120, 2), [120, 2])],
  })),

  ...[1, -1].flatMap((axis) => both(`along axis ${axis}, of eight`, "Concat", ["x", "x", "x", "x", "x", "x", "x", "x"], { axis })),
  ...both("of bytes", "Concat", ["b", "b"], { axis: 1 }, { types: ["i8"] }),
  ...both("of known and computed", "Concat", ["m", "k"], { axis: 0 }, { known: [known("k", floats(2, 4), [2, 4])] }),
  ...both("of an image in front", "Unsqueeze", ["x", "axes"], {}, { known: [list("axes", -1, 0)] }),
  ...both("into two in the middle", "Unsqueeze", ["m"], { axes: [1, 2] }, { opset: 11 }),
  {
    what: "Squeeze of all, behind a pool",
    nodes: [nhwc, node("GlobalMaxPool", ["c"], ["p"]), node("Squeeze", ["p"], ["y"])],
    known: [fourByFour],
  },

  ...both("by columns of pixels", "MaxPool", ["x"], { kernel_shape: [2, 3], storage_order: 1 }, { types: ["f32", "i64"] }),
  ...both(
    "with places, padding, dilations",
    "MaxPool",
    ["x"],
    { kernel_shape: [2, 3], dilations: [2, 1], pads: [1, 1, 0, 1], strides: [1, 2] },
    { types: ["f32", "i64"] },
  ),
  ...both("with places, rounded up", "MaxPool", ["l"], { kernel_shape: [2], strides: [2], ceil_mode: 1 }, { types: ["f32", "i64"] }),
  ...both("of a volume", "MaxPool", ["v"], { kernel_shape: [2, 3, 2], strides: [1, 2, 1], pads: [1, 0, 0, 0, 1, 1], dilations: [1, 1, 2] }),
  ...both("of a volume, rounded up", "MaxPool", ["v"], { kernel_shape: [2, 2, 3], strides: [2, 2, 2], ceil_mode: 1 }),
  ...[0, 1].flatMap((include) =>
    both(`of a volume, padding counts ${include}`, "AveragePool", ["v"], {
      kernel_shape: [2, 3, 2],
      pads: [1, 0, 1, 0, 1, 0],
      strides: [2, 1, 1],
      count_include_pad: include,
    }),
  ),
  ...[0, 1].flatMap((include) =>
    both(
      `with dilations, padding counts ${include}`,
      "AveragePool",
      ["x"],
      { kernel_shape: [2, 3], dilations: [2, 1], pads: [1, 1, 1, 0], strides: [1, 2], count_include_pad: include },
      { opset: 19 },
    ),
  ),
  ...both(
    "of a volume in groups",
    "Conv",
    ["v", "k", "z"],
    { group: 2, strides: [1, 2, 1], dilations: [1, 1, 2], pads: [1, 1, 0, 0, 1, 1] },
    { known: [known("k", floats(6, 2, 2, 3, 2), [6, 2, 2, 3, 2]), known("z", floats(6))] },
  ),
  ...both(
    "of a volume, the same size",
    "Conv",
    ["v", "k"],
    { auto_pad: "SAME_LOWER" },
    { known: [known("k", floats(3, 4, 2, 3, 2), [3, 4, 2, 3, 2])] },
  ),
  ...both(
    "of a volume",
    "BatchNormalization",
    ["v", "g", "h", "g", "g2"],
    {},
    { opset: 9, known: [known("g", floats(4)), known("h", floats(4)), known("g2", floats(4).map(Math.abs))] },
  ),

  ...both("to one side", "Clip", ["x", "", "most"], {}, { known: [known("most", Float32Array.of(0.5), [])] }),
  ...both(
    "to bounds in the wrong order",
    "Clip",
    ["x", "least", "most"],
    {},
    { known: [known("least", Float32Array.of(1), []), known("most", Float32Array.of(-1), [])] },
  ),
  ...both(
    "of bytes",
    "Clip",
    ["b", "least", "most"],
    {},
    { known: [known("least", Int8Array.of(-5), []), known("most", Int8Array.of(100), [])], types: ["i8"] },
  ),
  ...both("as attributes", "Clip", ["x"], { min: { float: -0.5 } }, { opset: 6 }),
  ...both("with its own slopes", "HardSigmoid", ["x"], { alpha: { float: 0.4 }, beta: { float: 0.6 } }),
  ...both("with a slope", "LeakyRelu", ["x"], { alpha: { float: 0.3 } }),
  ...(["Add", "Sub", "Mul"] as const).flatMap((op) => both("of whole numbers", op, ["i", "j"], {}, { types: ["i32"] })),
  ...both("of whole numbers cuts off", "Div", ["i", "j"], {}, { types: ["i32"] }),
  ...both(
    "by channels",
    "Div",
    ["x", "k"],
    {},
    {
      known: [
        known(
          "k",
          floats(4).map((v) => v + 3),
          [4, 1, 1],
        ),
      ],
    },
  ),
  ...both("to whole numbers", "Cast", ["x"], { to: 6 }, { types: ["i32"] }),
  ...both("of whole numbers to bytes", "Cast", ["i"], { to: 3 }, { types: ["i8"] }),

  ...both("of negative places", "Gather", ["x", "at"], { axis: 2 }, { known: [known("at", longs(-1, 0, 2, -5), [2, 2])] }),
  ...both("of one place", "Gather", ["x", "at"], { axis: 1 }, { known: [known("at", longs(-2), [])] }),
  ...both(
    "backwards and in steps",
    "Slice",
    ["x", "starts", "ends", "axes", "steps"],
    {},
    { known: [list("starts", -2, 1), list("ends", -100, 5), list("axes", 3, -2), list("steps", -2, 3)] },
  ),
  ...both("to the end", "Slice", ["x"], { starts: [1, -3], ends: [2147483647, -1], axes: [1, 3] }, { opset: 9 }),
  ...both("of parts", "Split", ["x", "parts"], { axis: 1 }, { types: ["f32", "f32"], known: [list("parts", 1, 3)] }),
  ...both("of parts, the last smaller", "Split", ["x"], { axis: -1, num_outputs: 4 }, { opset: 18, types: ["f32", "f32", "f32"] }).map(
    (c) => ({
      ...c,
      nodes: c.nodes.map((n) => (n.op === "Split" ? { ...n, attributes: { ...n.attributes, axis: 2, num_outputs: 3 } } : n)),
    }),
  ),
  ...both(
    "of stacks",
    "QLinearMatMul",
    ["q", "qs", "qz", "k", "ks", "kz", "ys", "yz"],
    {},
    {
      types: ["u8"],
      known: [
        known("qs", Float32Array.of(0.02), []),
        known("qz", Uint8Array.of(113), []),
        known(
          "k",
          Uint8Array.from({ length: 40 }, () => r.int(0, 255)),
          [2, 4, 5],
        ),
        known("ks", Float32Array.of(0.013), []),
        known("kz", Uint8Array.of(114), []),
        known("ys", Float32Array.of(0.05), []),
        known("yz", Uint8Array.of(118), []),
      ],
    },
  ),
  ...both(
    "in blocks, the last one shorter",
    "QuantizeLinear",
    ["m", "k", "z"],
    { axis: 1, block_size: 3 },
    {
      opset: 21,
      types: ["u8"],
      known: [
        known("k", Float32Array.of(0.01, 0.02, 0.03, 0.04, 0.05, 0.06), [3, 2]),
        known("z", Uint8Array.of(1, 100, 128, 0, 7, 255), [3, 2]),
      ],
    },
  ),
  ...both(
    "in blocks",
    "DequantizeLinear",
    ["b", "k", "z"],
    { axis: 1, block_size: 2 },
    {
      opset: 21,
      known: [
        known("k", Float32Array.of(0.01, 0.02, 0.03, 0.04, 0.05, 0.06), [2, 3]),
        known("z", Int8Array.of(1, 100, -128, 0, 7, 27), [2, 3]),
      ],
    },
  ),
  ...both(
    "by rows",
    "QuantizeLinear",
    ["x", "k", "z"],
    { axis: -2 },
    {
      types: ["i8"],
      known: [known("k", Float32Array.of(0.01, 0.02, 0.03, 0.04, 0.05)), known("z", Int8Array.of(1, 100, -128, 0, 7))],
    },
  ),
  {
    what: "Shape, Slice, Concat, Reshape",
    nodes: [
      node("Shape", ["x"], ["all"]),
      node("Slice", ["all", "zero", "two"], ["front"]),
      node("Gather", ["all", "last"], ["width"]),
      node("Mul", ["width", "four"], ["columns"]),
      node("Unsqueeze", ["columns", "zero"], ["column"]),
      node("Concat", ["front", "minus", "column"], ["to"], { axis: 0 }),
      node("Slice", ["to", "zero", "most", "zero", "step"], ["to3"]),
      node("Reshape", ["x", "to3"], ["y"]),
    ],
    known: [
      list("zero", 0),
      list("two", 1),
      known("last", longs(-1), []),
      known("four", longs(4), []),
      list("minus", -1),
      list("most", 9),
      list("step", 1),
    ],
  },
];

const ortTypes = { f32: "float32", i32: "int32", i8: "int8", u8: "uint8", u32: "uint32" } as const;

function fileOf({ nodes, known: initializers = [], opset = 13, types = ["f32"] }: Case): Uint8Array {
  const made = new Set(initializers.map((i) => i.name));
  const read = new Set(nodes.flatMap((n) => n.inputs).filter((name) => Object.hasOwn(inputs, name) && !made.has(name)));
  return onnxModel({
    nodes,
    initializers,
    opset,
    inputs: [...read].map((name) => ({ name, type: inputs[name]!.dtype as Port["type"], dims: inputs[name]!.shape })),
    outputs: types.map((type, i) => ({ name: i === 0 ? "y" : `y${i}`, type })),
  });
}

let backends: readonly Backend[];
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  backends = [cpu(), await webgpu({ gpu: await testGpu() })];
});
afterAll(() => backends.forEach((b) => b.dispose()));

describe("ONNX Runtime's results", () => {
  it.each(cases.map((c) => [c.what, c] as const))("%s", async (_what, c) => {
    const file = fileOf(c);
    const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"], graphOptimizationLevel: "disabled" });
    const feeds = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]!]));
    const want = await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, { dtype, data, shape }]) => [name, new ort.Tensor(ortTypes[dtype], data, shape)]),
      ),
    );
    await session.release();
    const graph = load(file);
    for (const backend of backends) {
      using run = await backend.compile(graph);
      const got = await run(Object.fromEntries(graph.inputs.map((name) => [name, feeds[name]!])));
      for (const [name, w] of Object.entries(want)) {
        const t = got[name]!;
        expect(t.shape, `${backend.kind} ${name}`).toEqual(w.dims);
        const values = Array.from(w.data as ArrayLike<number | bigint>, Number);
        const most = Math.max(1, ...values.map(Math.abs));
        const tolerance = t.dtype === "f32" ? 1e-5 * most : 0;
        const wrong = values.findIndex((v, i) => !(Math.abs(v - t.data[i]!) <= tolerance));
        expect(wrong < 0 ? [] : [name, wrong, t.data[wrong], values[wrong]], `${backend.kind} ${name}`).toEqual([]);
      }
    }
  });
});
