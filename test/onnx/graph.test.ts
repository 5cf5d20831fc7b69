/** Graphs that do not fit together, and operators that are not supported. */
import { describe, expect, it } from "vitest";
import { load } from "../../src/onnx/index.ts";
import { message, nodeProto, valueInfo } from "../support/onnx.ts";
import { known, model, node, refusal, relu } from "./refused.ts";

describe("a graph is refused", () => {
  it.each([
    ["with a circle", model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])]), "unsorted"],
    ["with a node that reads what it makes", model([node("Add", ["x", "y"], ["y"])]), "unsorted"],
    [
      "in an order in which values are read before they are made",
      model([node("Relu", ["a"], ["y"]), node("Relu", ["x"], ["a"])]),
      "unsorted",
    ],
    ["with a value made twice", model([relu, relu]), "doubled-name"],
    ["with a value made that an initializer is", model([relu], [known("y", new Float32Array(1))]), "doubled-name"],
    ["with a value made that an input is", model([node("Relu", ["x"], ["x"])]), "doubled-name"],
    [
      "with two initializers of one name",
      model([relu], [known("a", new Float32Array(1)), known("a", new Float32Array(1))]),
      "doubled-name",
    ],
    [
      "with two inputs of one name",
      model([relu], [], { graphExtra: [[11, valueInfo({ name: "x", type: "f32", dims: [1] })]] }),
      "doubled-name",
    ],
    [
      "with an output named twice",
      model([relu], [], { graphExtra: [[12, valueInfo({ name: "y", type: "f32", dims: [] })]] }),
      "doubled-name",
    ],
    ["with an input that nothing makes", model([node("Relu", ["z"], ["y"])]), "undefined-value"],
    ["with an output that nothing makes", model([node("Relu", ["x"], ["z"])]), "undefined-value"],
    ["without outputs", model([relu], [], { outputs: [] }), "no-outputs"],
    ["with a node without an operator", model([node("", ["x"], ["y"])]), "bad-node"],
    [
      "with an input without a shape",
      model([relu], [], { inputs: [], graphExtra: [[11, message([1, "x"], [2, message([1, message([1, 1])])])]] }),
      "symbolic-size",
    ],
    [
      "with an input that is a sequence",
      model([relu], [], { inputs: [], graphExtra: [[11, message([1, "x"], [2, message([4, message([1, 7])])])]] }),
      "bad-value",
    ],
    [
      "with an input of strings",
      model([relu], [], { inputs: [], graphExtra: [[11, message([1, "x"], [2, message([1, message([1, 8])])])]] }),
      "unsupported-dtype",
    ],
    [
      "with an attribute twice",
      model([], [], { graphExtra: [[1, message([1, "x"], [2, "y"], [4, "Relu"], [5, message([1, "a"])], [5, message([1, "a"])])]] }),
      "doubled-name",
    ],
  ])("%s", (_, bytes, code) => {
    expect(refusal(bytes).code).toBe(code);
  });

  it("with a size that is not known anywhere but in front", () => {
    const inputs = [{ name: "x", type: "f32", dims: ["batch", 3, "height", 4] }] as const;
    expect(refusal(model([relu], [], { inputs }))).toMatchObject({ name: "ShapeError", code: "symbolic-size", where: 'input "x"' });
    expect(load(model([relu], [], { inputs }), { sizes: { height: 7 } }).types.get("x")!.shape).toEqual(["n", 3, 7, 4]);
    expect(load(model([relu], [], { inputs }), { sizes: { height: 7, batch: 2 } }).types.get("x")!.shape).toEqual([2, 3, 7, 4]);
  });

  it("with a size that is negative or beyond counting", () => {
    for (const dims of [[-1, 3], [2 ** 31], [2 ** 16, 2 ** 16], ["n", 2 ** 40]])
      expect(refusal(model([relu], [], { inputs: [{ name: "x", type: "f32", dims }] })).name).toBe("ShapeError");
  });

  it("where an option names what is not there, or a known input of another type", () => {
    const ones = { dtype: "i32", shape: [1], data: Int32Array.of(1) } as const;
    expect(refusal(model([relu]), { known: { z: ones } }).code).toBe("unknown-input");
    expect(refusal(model([relu]), { known: { x: ones } }).code).toBe("dtype-mismatch");
    expect(refusal(model([relu]), { outputs: ["z"] }).code).toBe("undefined-value");
  });
});

describe("operators that are not supported", () => {
  it("are all in one error: operators, domains, attributes, versions, outputs, numbers of inputs", () => {
    const e = refusal(
      model([
        node("Frobnicate", ["x"], ["a"]),
        node("Frobnicate", ["a"], ["b"]),
        node("Relu", ["b"], ["c"], {}, "com.example"),
        node("Relu", ["c"], ["d"], { slope: 2 }),
        node("Relu", ["d", "d"], ["e"]),
        node("MaxPool", ["e"], ["f", "indices", "more"], { kernel_shape: [2, 2] }),
        node("If", ["f"], ["y"]),
      ]),
    );
    expect(e).toMatchObject({ name: "GraphError", code: "unsupported-operators" });
    for (const words of [
      "Frobnicate (2 nodes)",
      "com.example.Relu",
      'Relu with attribute "slope"',
      "Relu with 2 inputs",
      "MaxPool with 3 outputs",
      "If",
    ])
      expect(e.got).toContain(words);
  });

  it("are not found in a domain that the model does not import", () => {
    const bytes = message(
      [1, 8],
      [
        7,
        message(
          [1, nodeProto(relu)],
          [11, valueInfo({ name: "x", type: "f32", dims: [1] })],
          [12, valueInfo({ name: "y", type: "f32", dims: [] })],
        ),
      ],
      [8, message([1, "com.example"], [2, 1])],
    );
    expect(refusal(bytes).got).toContain("does not import");
  });

  it("may be functions of the model, also such that call themselves", () => {
    const body = nodeProto(node("Twice", ["a"], ["b"], {}, "local"));
    const functions = [25, message([1, "Twice"], [4, "a"], [5, "b"], [7, body], [10, "local"])] as const;
    expect(refusal(model([node("Twice", ["x"], ["y"], {}, "local")], [], { extra: [functions] })).got).toBe(
      "local.Twice (a function of the model)",
    );
  });

  it("are refused with an attribute of another kind", () => {
    expect(refusal(model([node("Flatten", ["x"], ["y"], { axis: "one" })]))).toMatchObject({
      code: "bad-attribute",
      expected: "int",
      got: "text",
    });
    expect(refusal(model([node("MaxPool", ["x"], ["y"], { kernel_shape: 2 })]))).toMatchObject({ code: "bad-attribute", expected: "ints" });
  });

  it("are refused where what they must know comes with each run", () => {
    const inputs = [
      { name: "x", type: "f32", dims: [1, 4] },
      { name: "shape", type: "i64", dims: [2] },
    ] as const;
    const bytes = model([node("Reshape", ["x", "shape"], ["y"])], [], { inputs });
    expect(refusal(bytes)).toMatchObject({ code: "unknown-contents", got: '"shape"' });
    const shape = { dtype: "i32", shape: [2], data: Int32Array.of(2, -1) } as const;
    expect([...load(bytes, { known: { shape } }).types.values()].at(-1)!.shape).toEqual([2, 2]);
  });

  it("whose name is that of an object's own method are none", () => {
    for (const type of ["constructor", "__proto__", "toString"]) expect(refusal(model([node(type, ["x"], ["y"])])).got).toBe(type);
    expect(refusal(model([node("Relu", ["x"], ["y"], { constructor: 1 })])).got).toContain('attribute "constructor"');
  });
});

describe("a long graph", () => {
  it("of 20,000 nodes is loaded: nothing recurses on depth", () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => node("Relu", [i === 0 ? "x" : `v${i - 1}`], [i === 19_999 ? "y" : `v${i}`]));
    const start = performance.now();
    expect(load(model(nodes)).nodes).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("of constants that double their size stays small: what is large is left to the graph, and too large is refused", () => {
    const nodes = Array.from({ length: 40 }, (_, i) => node("Add", [i === 0 ? "c" : `v${i - 1}`, `row${i}`], [`v${i}`]));
    const rows = Array.from({ length: 40 }, (_, i) =>
      known(`row${i}`, new Float32Array(2), [2, ...Array<number>(Math.min(i, 31)).fill(1)]),
    );
    const before = process.memoryUsage().arrayBuffers;
    const e = refusal(model([...nodes, node("Add", ["x", "v39"], ["y"])], [known("c", new Float32Array(2), [2]), ...rows]));
    expect(["ShapeError", "GraphError"]).toContain(e.name);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(600_000_000);
  });

  it("of joined constants that double their size is refused, and one that asks for the same weight again and again", () => {
    const doubled = Array.from({ length: 40 }, (_, i) => {
      const from = i === 0 ? "c" : `v${i - 1}`;
      return node("Concat", [from, from], [`v${i}`], { axis: 0 });
    });
    const e = refusal(model([...doubled, node("Add", ["x", "v39"], ["y"])], [known("c", new Float32Array(2))]));
    expect(e).toMatchObject({ name: "ShapeError", code: "too-large" });
    const layers = Array.from({ length: 1000 }, (_, i) =>
      node("QLinearMatMul", [i === 0 ? "q" : `m${i - 1}`, "s", "z", "w", "s", "z", "s", "z"], [`m${i}`]),
    );
    const heavy = model(
      layers,
      [known("w", new Int8Array(2 ** 18), [512, 512]), known("s", Float32Array.of(1), []), known("z", Int8Array.of(0), [])],
      { inputs: [{ name: "q", type: "i8", dims: [1, 512] }], outputs: [{ name: "m999", type: "i8" }] },
    );
    expect(refusal(heavy)).toMatchObject({ name: "ShapeError", code: "too-large" });
  });
});
