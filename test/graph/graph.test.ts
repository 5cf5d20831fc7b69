import { describe, expect, test } from "vitest";
import { DTypeError, type GraphError } from "../../src/errors.ts";
import { bind, finish, GraphBuilder, prune, startFrom, validate, withStates, type Graph } from "../../src/graph/index.ts";
import { expectDType } from "../../src/ops/check.ts";
import type { OpDef } from "../../src/ops/op.ts";
import { f32, i32, scalar, tensor, zeros } from "../../src/tensor/index.ts";

const double: OpDef = {
  name: "double",
  inputs: ["x", "bias?"],
  outputs: ["y"],
  quantization: "float",
  infer({ x }, _attrs, where) {
    expectDType(where, "x", x!, "f32");
    return { y: x! };
  },
  reference: ({ x }) => ({
    y: tensor(
      "f32",
      x!.shape,
      Float32Array.from(x!.data, (v) => 2 * v),
    ),
  }),
  kernel: () => [],
};
const split: OpDef = { ...double, name: "split", inputs: ["x"], outputs: ["low", "high"], infer: ({ x }) => ({ low: x!, high: x! }) };

function example(): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", f32(["n", 3]));
  const w = b.state("w", "parameter", scalar("f32", 1));
  const { y } = b.emit(double, { x }, { factor: 2 }, "first");
  const { low } = b.emit(split, { x: y! }, {}, "second");
  b.emit(double, { x }, {}, "unused");
  b.update(w, b.emit(double, { x: w }, {}, "grow").y!);
  b.output("result", low!);
  return b.build();
}

describe("graph", () => {
  test("prints one line a value", () => {
    expect(`${example()}`).toBe(
      [
        "input x: f32 [n, 3]",
        "parameter w: f32 [1]",
        "first: f32 [n, 3] = double(x=x) {factor: 2}",
        "second.low: f32 [n, 3], second.high: f32 [n, 3] = split(x=first)",
        "unused: f32 [n, 3] = double(x=x)",
        "grow: f32 [1] = double(x=w)",
        "update w <- grow",
        "output result = second.low",
      ].join("\n"),
    );
  });

  test("prune drops what neither an output nor an update needs, and keeps inputs", () => {
    const pruned = prune(example());
    expect(pruned.nodes.map((n) => n.name)).toEqual(["first", "second", "grow"]);
    expect(pruned.types.has("unused")).toBe(false);
    expect(pruned.inputs).toEqual(["x"]);
    validate(pruned);
  });

  test("bind replaces the symbolic size everywhere and leaves its argument alone", () => {
    const graph = example();
    const before = `${graph}`;
    expect(bind(graph, { n: 7 }).types.get("second.high")).toEqual(f32([7, 3]));
    expect(`${graph}`).toBe(before);
  });

  test("withStates replaces contents, not roles", () => {
    const graph = withStates(example(), new Map([["w", scalar("f32", 5)]]));
    expect(graph.states.get("w")).toEqual({ role: "parameter", tensor: scalar("f32", 5) });
    expect(`${graph}`).toContain("parameter w");
  });

  test("a copy node by node is the same graph", () => {
    const graph = example();
    const b = startFrom(graph);
    graph.nodes.forEach((node) => b.add(node));
    expect(`${finish(b, graph)}`).toBe(`${graph}`);
  });

  test("a chain of 20,000 nodes builds, validates and prunes without recursion", () => {
    const b = new GraphBuilder();
    let v = b.input("x", f32([1]));
    for (let i = 0; i < 20_000; i++) v = b.emit(double, { x: v }, {}, `d${i}`).y!;
    b.output("y", v);
    expect(prune(b.build()).nodes.length).toBe(20_000);
  });
});

describe("a graph that is not well formed is refused", () => {
  const build = (f: (b: GraphBuilder) => void) => () => {
    const b = new GraphBuilder();
    b.input("x", f32([2]));
    f(b);
    b.build();
  };

  test.each<[string, (b: GraphBuilder) => void, string]>([
    ["undefined value", (b) => b.emit(double, { x: "nothing" }), "undefined-value"],
    ["input not given", (b) => b.emit(double, {}), "missing-input"],
    ["input that the op lacks", (b) => b.emit(double, { x: "x", y: "x" }), "unknown-input"],
    ["doubled input name", (b) => b.input("x", f32([2])), "doubled-name"],
    ["output of an undefined value", (b) => b.output("y", "nothing"), "undefined-value"],
    ["update of another type", (b) => b.update(b.state("s", "buffer", zeros("f32", [3])), "x"), "update-mismatch"],
  ])("%s", (_name, f, code) => {
    expect(build(f)).toThrow(expect.objectContaining({ code, name: "GraphError" }) as GraphError);
  });

  test("what infer throws names the node", () => {
    expect(build((b) => b.emit(double, { x: b.input("k", i32([2])) }, {}, "twice"))).toThrow(DTypeError);
    expect(build((b) => b.emit(double, { x: b.input("k", i32([2])) }, {}, "twice"))).toThrow('double "twice": x has another element type');
  });

  test("validate finds a node that stands before its input, a wrong type and an update of nothing", () => {
    const graph = example();
    expect(() => validate({ ...graph, nodes: [...graph.nodes].reverse() })).toThrow(
      expect.objectContaining({ code: "undefined-value" }) as GraphError,
    );
    expect(() => validate({ ...graph, types: new Map(graph.types).set("first", f32([5])) })).toThrow(
      expect.objectContaining({ code: "type-mismatch" }) as GraphError,
    );
    expect(() => validate({ ...graph, updates: new Map([["v", "first"]]) })).toThrow(
      expect.objectContaining({ code: "undefined-value" }) as GraphError,
    );
  });
});
