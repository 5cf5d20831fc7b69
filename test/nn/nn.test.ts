import { describe, expect, it } from "vitest";
import { print } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { f32 } from "../../src/tensor/index.ts";
import { residual } from "../support/nets.ts";

const digits = nn.sequential({
  conv1: nn.conv2d(1, 5, { kernel: 3, padding: 1 }),
  relu1: nn.relu(),
  pool1: nn.maxPool2d(2),
  flatten: nn.flatten(),
  fc: nn.linear(5 * 7 * 7, 3),
});

describe("trace", () => {
  it("names nodes and parameters by path, keeps the batch symbolic, calls the output logits", () => {
    const graph = digits.trace({ x: f32(["n", 14, 14, 1]) });
    expect(graph.nodes.map((n) => n.name)).toEqual(["conv1", "relu1", "pool1", "flatten", "fc"]);
    expect([...graph.states.keys()]).toEqual(["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"]);
    expect(graph.types.get("fc")).toEqual({ dtype: "f32", shape: ["n", 3] });
    expect([...graph.outputs]).toEqual([["logits", "fc"]]);
  });

  it("writes any DAG: a residual block inside a sequential", () => {
    const graph = nn
      .sequential({
        stem: nn.conv2d(1, 3, { kernel: 1 }),
        res: residual(nn.sequential({ conv: nn.conv2d(3, 3, { kernel: 3, padding: 1 }), act: nn.relu() })),
      })
      .trace({ x: f32(["n", 5, 5, 1]) });
    expect(graph.nodes.map((n) => n.name)).toEqual(["stem", "res.block.conv", "res.block.act", "res.add"]);
    expect(graph.nodes.at(-1)!.inputs).toEqual({ a: "stem", b: "res.block.act" });
    expect([...graph.states.keys()]).toContain("res.block.conv.weight");
  });

  it("shares the parameters of a child that is called twice", () => {
    const twice = nn.module(
      { f: nn.linear(3, 3) },
      ({ f }) =>
        (x: nn.Traced) =>
          f(f(x)),
    );
    const graph = twice.trace({ x: f32(["n", 3]) });
    expect(graph.nodes.map((n) => n.name)).toEqual(["f", "f.2"]);
    expect([...graph.states.keys()]).toEqual(["f.weight", "f.bias"]);
  });

  it("takes several inputs in order and lets a record name the outputs", () => {
    const two = nn.module({ f: nn.linear(3, 2) }, ({ f }) => (a: nn.Traced, b: nn.Traced) => ({ left: f(a), sum: nn.add(a, b) }));
    const graph = two.trace({ a: f32(["n", 3]), b: f32(["n", 3]) });
    expect([...graph.outputs]).toEqual([
      ["left", "f"],
      ["sum", "add"],
    ]);
  });

  it("says which layer does not fit, with its path", () => {
    const wrong = nn.sequential({ body: nn.sequential({ conv1: nn.conv2d(8, 5, { kernel: 3 }) }) });
    expect(() => wrong.trace({ x: f32(["n", 9, 9, 3]) })).toThrow(/conv2d "body\.conv1".*3 channels.*8/s);
    expect(() => nn.sequential({ "a.b": nn.relu() })).toThrow(/"a\.b"/);
    expect(() => nn.conv2d(1, 2, { kernel: 0 })).toThrow(/kernel/);
    expect(() => nn.conv2d(1, 2, { kernel: 3, padding: -1 })).toThrow(/padding/);
  });
});

describe("initial parameters", () => {
  const weights = (seed: number, model = digits) => model.trace({ x: f32(["n", 14, 14, 1]) }, { seed }).states;

  it("follow the seed, and each its own stream", () => {
    expect(weights(3)).toEqual(weights(3));
    expect(weights(3).get("fc.weight")).not.toEqual(weights(4).get("fc.weight"));
    const deeper = nn.sequential({ conv0: nn.conv2d(1, 1, { kernel: 1 }), conv1: nn.conv2d(1, 5, { kernel: 3, padding: 1 }) });
    expect(weights(3, deeper).get("conv1.weight")).toEqual(weights(3).get("conv1.weight"));
    expect(print(nn.sequential({ f: nn.relu() }, { seed: 5 }).trace({ x: f32(["n", 2]) }))).toContain("relu");
  });

  it("are uniform in ±1/sqrt(fanIn), biases too", () => {
    const s = weights(1);
    for (const [name, fanIn] of [
      ["conv1.weight", 9],
      ["conv1.bias", 9],
      ["fc.weight", 245],
      ["fc.bias", 245],
    ] as const) {
      const data = [...s.get(name)!.tensor.data];
      const bound = 1 / Math.sqrt(fanIn);
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound);
      // Largest of 45 uniform numbers is below 0.85 of the bound with probability 0.07 %; biases are too few to ask.
      if (name.endsWith("weight")) expect(Math.max(...data.map(Math.abs))).toBeGreaterThan(0.85 * bound);
    }
  });
});

it("summary counts parameters and multiply-adds", () => {
  const s = nn.summary(digits.trace({ x: f32(["n", 14, 14, 1]) }));
  expect(s.parameters).toBe(5 * 9 + 5 + 245 * 3 + 3);
  expect(s.multiplyAdds).toBe(14 * 14 * 5 * 9 + 245 * 3);
  expect(s.toString()).toMatch(/conv1 .*50 parameters .*8,820/);
});
