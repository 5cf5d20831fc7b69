/** What ONNX Runtime does not run, or what has no number to compare: against what ONNX's text says. */
import { describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { load, type LoadOptions } from "../../src/onnx/index.ts";
import { tensor, type Shape, type Tensor } from "../../src/tensor/index.ts";
import { onnxModel, type Initializer, type OnnxNode, type Port } from "../support/onnx.ts";
import { known, node, refusal } from "./refused.ts";

interface Model {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly Port[];
  readonly known?: readonly Initializer[];
  readonly opset?: number;
  readonly outputs?: readonly string[];
}

const file = ({ nodes, inputs, known: initializers = [], opset = 13, outputs = ["y"] }: Model): Uint8Array =>
  onnxModel({ nodes, inputs, initializers, opset, outputs: outputs.map((name) => ({ name, type: "f32" })) });

async function results(
  m: Model,
  feeds: Readonly<Record<string, Tensor>>,
  options?: LoadOptions,
): Promise<Readonly<Record<string, Tensor>>> {
  using run = await cpu().compile(load(file(m), options));
  return await run(feeds);
}

/** The shape of y. */
function shapeOf(m: Model, options?: LoadOptions): Shape {
  const graph = load(file(m), options);
  return graph.types.get(graph.outputs.get("y")!)!.shape;
}

const x: Port = { name: "x", type: "f32", dims: [2, 3] };
const six = tensor("f32", [2, 3], [1, -2, 3, -4, 5, -6]);

describe("Add before version 7 of the operator set", () => {
  const model = (axis: number, opset: number): Model => ({
    nodes: [node("Add", ["x", "b"], ["y"], { broadcast: 1, axis })],
    inputs: [x],
    known: [known("b", Float32Array.of(10, 20))],
    opset,
  });

  it("broadcasts along the axes from the given one on", async () => {
    expect([...(await results(model(0, 6), { x: six })).y!.data]).toEqual([11, 8, 13, 16, 25, 14]);
  });

  it("refuses an axis that leaves no room, and the attribute later on", () => {
    expect(refusal(file({ ...model(1, 6), known: [known("b", new Float32Array(6), [3, 2])] })).code).toBe("bad-attribute");
    expect(refusal(file(model(0, 7))).code).toBe("unsupported-operators");
  });
});

describe("Dropout", () => {
  it("keeps everything, and says so in its mask", async () => {
    const drop: Model = { nodes: [node("Dropout", ["x"], ["y", "mask"])], inputs: [x], opset: 12, outputs: ["y", "mask"] };
    const { y, mask } = await results(drop, { x: six });
    expect([...y!.data]).toEqual([...six.data]);
    expect(mask).toEqual(tensor("u8", [2, 3], [1, 1, 1, 1, 1, 1]));
  });

  it("is refused while training, unless it drops nothing", async () => {
    const training = (ratio: number): Model => ({
      nodes: [node("Dropout", ["x", "ratio", "training"], ["y"])],
      inputs: [x],
      known: [known("ratio", Float32Array.of(ratio), []), known("training", Uint8Array.of(1), [])],
      opset: 12,
    });
    expect(refusal(file(training(0.5))).code).toBe("unsupported");
    expect([...(await results(training(0), { x: six })).y!.data]).toEqual([...six.data]);
  });
});

describe("BatchNormalization while training", () => {
  it("normalizes by the batch, and moves the statistics by ONNX's momentum and the biased variance", async () => {
    const { y, mean, variance } = await results(
      {
        nodes: [
          node("BatchNormalization", ["x", "one", "zero", "m", "v"], ["y", "mean", "variance"], {
            training_mode: 1,
            epsilon: { float: 1e-12 },
          }),
        ],
        inputs: [{ name: "x", type: "f32", dims: [2, 1, 2] }],
        known: [
          known("one", Float32Array.of(2)),
          known("zero", Float32Array.of(1)),
          known("m", Float32Array.of(10)),
          known("v", Float32Array.of(20)),
        ],
        opset: 15,
        outputs: ["y", "mean", "variance"],
      },
      { x: tensor("f32", [2, 1, 2], [1, 3, 5, 7]) },
    );
    // Mean 4, variance 5.
    [-3, -1, 1, 3].forEach((d, i) => expect(y!.data[i]).toBeCloseTo((2 * d) / Math.sqrt(5) + 1, 5));
    expect(mean!.data[0]).toBeCloseTo(0.9 * 10 + 0.1 * 4, 5);
    expect(variance!.data[0]).toBeCloseTo(0.9 * 20 + 0.1 * 5, 5);
  });

  it("is refused before version 7 unless the node says that it is over", () => {
    const early = (isTest: number): Uint8Array =>
      file({
        nodes: [node("BatchNormalization", ["x", "w", "w", "w", "w"], ["y"], { is_test: isTest, consumed_inputs: [0, 0, 0, 1, 1] })],
        inputs: [x],
        known: [known("w", Float32Array.of(1, 1, 1))],
        opset: 6,
      });
    expect(refusal(early(0)).code).toBe("unsupported");
    expect(load(early(1)).outputs.size).toBe(1);
  });
});

describe("whole numbers", () => {
  it.each([
    ["Add", [127, -128, -100], [1, -1, -100], [-128, 127, 56]],
    ["Sub", [127, -128, 0], [-1, 1, -128], [-128, 127, -128]],
    ["Mul", [127, -128, 16], [2, -1, 16], [-2, -128, 0]],
    ["Div", [7, -7, -128], [2, 2, -1], [3, -3, -128]],
  ] as const)("%s wraps around in a byte", async (op, a, b, want) => {
    const port = (name: string): Port => ({ name, type: "i8", dims: [3] });
    const { y } = await results(
      { nodes: [node(op, ["a", "b"], ["y"])], inputs: [port("a"), port("b")], opset: 14 },
      { a: tensor("i8", [3], [...a]), b: tensor("i8", [3], [...b]) },
    );
    expect(y).toEqual(tensor("i8", [3], [...want]));
  });

  it("are refused beside others", () => {
    const mixed: Model = { nodes: [node("Add", ["x", "b"], ["y"])], inputs: [x], known: [known("b", Int32Array.of(1, 2, 3))] };
    expect(refusal(file(mixed)).name).toBe("DTypeError");
  });
});

describe("a batch of any size", () => {
  const batch: Port = { name: "x", type: "f32", dims: ["n", 2, 3] };
  const shaped: readonly OnnxNode[] = [
    node("Shape", ["x"], ["all"]),
    node("Gather", ["all", "zero"], ["n"]),
    node("Unsqueeze", ["n"], ["front"], { axes: [0] }),
  ];
  const constants = [known("zero", BigInt64Array.of(0n), []), known("rest", BigInt64Array.of(-1n)), known("two", BigInt64Array.of(2n), [])];

  it("goes through Shape, Gather, Unsqueeze and Concat to Reshape", async () => {
    const nodes = [...shaped, node("Concat", ["front", "rest"], ["to"], { axis: 0 }), node("Reshape", ["x", "to"], ["y"])];
    const m: Model = { nodes, inputs: [batch], known: constants, opset: 11 };
    expect(shapeOf(m)).toEqual(["n", 6]);
    const { y } = await results(m, {
      x: tensor(
        "f32",
        [2, 2, 3],
        Float32Array.from({ length: 12 }, (_, i) => i),
      ),
    });
    expect(y!.shape).toEqual([2, 6]);
  });

  it("cannot be computed with, unless its size is given", () => {
    const nodes = [
      ...shaped,
      node("Mul", ["front", "two"], ["more"]),
      node("Concat", ["more", "rest"], ["to"], { axis: 0 }),
      node("Reshape", ["x", "to"], ["y"]),
    ];
    const m: Model = { nodes, inputs: [batch], known: constants, opset: 11 };
    expect(refusal(file(m)).code).toBe("symbolic-size");
    expect(shapeOf(m, { sizes: { n: 5 } })).toEqual([10, 3]);
  });

  it("is kept by padding, resizing and taking parts of other axes", () => {
    const lists = [
      known("pads", BigInt64Array.of(0n, 1n, 0n, 0n, 0n, 2n)),
      known("scales", Float32Array.of(1, 1, 2)),
      known("at", BigInt64Array.of(1n, -1n)),
    ];
    const shapes = (nodes: readonly OnnxNode[]) => shapeOf({ nodes, inputs: [batch], known: lists });
    expect(shapes([node("Pad", ["x", "pads"], ["y"])])).toEqual(["n", 3, 5]);
    expect(shapes([node("Resize", ["x", "", "scales"], ["y"], { mode: "linear" })])).toEqual(["n", 2, 6]);
    expect(shapes([node("Gather", ["x", "at"], ["y"], { axis: 2 })])).toEqual(["n", 2, 2]);
    expect(shapes([node("Softmax", ["x"], ["y"], { axis: 1 })])).toEqual(["n", 2, 3]);
    expect(shapes([node("ReduceMean", ["x"], ["y"], { axes: [1], keepdims: 0 })])).toEqual(["n", 3]);
  });
});

describe("what cannot be done is refused with a reason", () => {
  const one = (nodes: readonly OnnxNode[], lists: readonly Initializer[] = [], opset = 19): ReturnType<typeof refusal> =>
    refusal(file({ nodes, inputs: [x, { name: "i", type: "i32", dims: [2, 3] }], known: lists, opset }));
  const at = known("at", BigInt64Array.of(3n));

  it.each([
    ["an index out of range", [node("Gather", ["x", "at"], ["y"], { axis: 1 })], "bad-index"],
    ["places that are computed", [node("Gather", ["x", "i"], ["y"])], "unknown-contents"],
    ["padding by a mode that is unknown", [node("Pad", ["x", "at"], ["y"], { mode: "mirror" })], "unsupported"],
    ["pads of another number of axes", [node("Pad", ["x", "at"], ["y"])], "bad-attribute"],
    ["neither scales nor sizes", [node("Resize", ["x"], ["y"])], "missing-input"],
    ["an unknown way to interpolate", [node("Resize", ["x", "", "", "at"], ["y"], { mode: "constructor" })], "unsupported"],
    ["an axis that is squeezed though it is long", [node("Squeeze", ["x", "axes"], ["y"])], "shape-mismatch"],
    ["an axis that comes twice", [node("Unsqueeze", ["x", "twice"], ["y"])], "bad-attribute"],
    ["parts that are not the whole", [node("Split", ["x", "axes"], ["y"], { axis: 1 })], "bad-attribute"],
    ["a softmax of whole numbers", [node("Softmax", ["i"], ["y"])], "unsupported-dtype"],
    ["bounds of another type", [node("Clip", ["x", "at"], ["y"])], "unsupported-dtype"],
    ["a concatenation of whole numbers", [node("Concat", ["i", "i"], ["y"], { axis: 0 })], "unsupported"],
    ["a cast to strings", [node("Cast", ["x"], ["y"], { to: 8 })], "unsupported"],
  ] as const)("%s", (_what, nodes, code) => {
    const lists = [at, known("axes", BigInt64Array.of(1n)), known("twice", BigInt64Array.of(0n, -5n))];
    expect(one(nodes, lists).code).toBe(code);
  });
});
