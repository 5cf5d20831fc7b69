import { describe, expect, it } from "vitest";
import { cpu } from "../../src/backend/cpu/index.ts";
import { finish, startFrom, withStates, type Graph } from "../../src/graph/index.ts";
import * as nn from "../../src/nn/index.ts";
import { mul } from "../../src/ops/mul.ts";
import {
  evaluation,
  foldBatchNorm,
  freezeBatchNorm,
  fuseActivation,
  gradient,
  normalizedLayers,
  trainFolded,
} from "../../src/passes/index.ts";
import { f32, sizes, tensor, type Tensor } from "../../src/tensor/index.ts";
import { uniform } from "../support/float.ts";
import { opsOf } from "../support/nets.ts";

/** The graph as if it had been trained: statistics, gamma and beta are not what they start as. */
function worn(graph: Graph): Graph {
  const contents = [...graph.states].map(([name, { tensor: t }], i): [string, Tensor] => {
    const r = uniform(sizes(t.shape), i + 1);
    const positive = name.endsWith("runningVar");
    return [
      name,
      tensor(
        "f32",
        sizes(t.shape),
        r.data.map((v) => (positive ? 1.5 + v : v)),
      ),
    ];
  });
  return withStates(graph, new Map(contents));
}
const run = async (graph: Graph, inputs: Record<string, Tensor>) => (await cpu().compile(graph))(inputs);
const near = (a: Tensor, b: Tensor): void => a.data.forEach((v, i) => expect(Math.abs(v - b.data[i]!)).toBeLessThan(1e-5));
const x = uniform([2, 5, 4, 3], 77);

describe("foldBatchNorm", () => {
  const net = (bias: boolean, affine = true) =>
    worn(
      nn
        .sequential({
          conv: nn.conv2d(3, 5, { kernel: 3, bias }),
          bn: nn.batchNorm2d(5, { affine }),
          act: nn.relu(),
          flatten: nn.flatten(),
          fc: nn.linear(30, 7, { bias }),
          bn2: nn.batchNorm2d(7, { affine }),
        })
        .trace({ x: f32(["n", 5, 4, 3]) }),
    );

  it.each([
    ["the layer's bias, gamma and beta", true, true],
    ["no bias", false, true],
    ["no gamma and beta", true, false],
  ])("computes the same with %s", async (_name, bias, affine) => {
    const graph = evaluation(net(bias, affine));
    const folded = foldBatchNorm(graph);
    expect(opsOf(folded)).toEqual(["conv2d", "relu", "flatten", "linear"]);
    expect([...folded.states.keys()].sort()).toEqual(["conv.bias", "conv.weight", "fc.bias", "fc.weight"]);
    expect([...folded.outputs]).toEqual([["logits", "fc"]]);
    near((await run(folded, { x })).logits!, (await run(graph, { x })).logits!);
  });

  it("takes over an activation that the normalization had absorbed", async () => {
    const graph = evaluation(net(true));
    const folded = foldBatchNorm(fuseActivation(graph));
    expect(folded.nodes[0]).toMatchObject({ name: "conv", attrs: { activation: "relu" } });
    near((await run(folded, { x })).logits!, (await run(graph, { x })).logits!);
  });

  it("leaves a normalization that still learns, and folds it once frozen", () => {
    const graph = net(true);
    expect(foldBatchNorm(graph)).toBe(graph);
    expect(opsOf(foldBatchNorm(freezeBatchNorm(graph)))).not.toContain("batchNorm2d");
  });

  it("leaves a normalization behind an activation, and one whose input somebody else reads", () => {
    const behind = nn.sequential({ conv: nn.conv2d(3, 3, { kernel: 1 }), act: nn.relu(), bn: nn.batchNorm2d(3) });
    const graph = evaluation(behind.trace({ x: f32(["n", 5, 4, 3]) }));
    expect(foldBatchNorm(graph)).toBe(graph);
    expect(foldBatchNorm(fuseActivation(graph)).nodes.map((n) => n.op.name)).toEqual(["conv2d", "batchNorm2d"]);
    const both = nn.module({ conv: nn.conv2d(3, 3, { kernel: 1 }), bn: nn.batchNorm2d(3) }, ({ conv, bn }) => (x: nn.Traced) => {
      const y = conv(x);
      return { y, z: bn(y) };
    });
    expect(normalizedLayers(both.trace({ x: f32(["n", 5, 4, 3]) })).size).toBe(0);
  });

  it("gives layers that share a weight weights of their own", async () => {
    const shared = nn.module({ conv: nn.conv2d(3, 3, { kernel: 1 }), a: nn.batchNorm2d(3), b: nn.batchNorm2d(3) }, ({ conv, a, b }) => {
      return (x: nn.Traced) => nn.add(a(conv(x)), b(conv(x)));
    });
    const graph = evaluation(worn(shared.trace({ x: f32(["n", 5, 4, 3]) })));
    const folded = foldBatchNorm(graph);
    expect(opsOf(folded)).toEqual(["conv2d", "conv2d", "add"]);
    near((await run(folded, { x })).logits!, (await run(graph, { x })).logits!);
  });

  it("can be told to leave a pair", () => {
    const graph = evaluation(net(true));
    expect(opsOf(foldBatchNorm(graph, (layer) => layer.name === "fc"))).toEqual(["conv2d", "batchNorm2d", "relu", "flatten", "linear"]);
  });
});

describe("trainFolded", () => {
  // Without quantization what flows through the factor cancels: test/quant/trainFolded.test.ts is about that.
  it("computes what it did, with the same gradients", async () => {
    const graph = worn(
      nn
        .sequential({
          conv: nn.conv2d(3, 4, { kernel: 3 }),
          bn: nn.batchNorm2d(4),
          act: nn.relu(),
          flatten: nn.flatten(),
          fc: nn.linear(24, 3),
          bn2: nn.batchNorm2d(3),
        })
        .trace({ x: f32([5, 5, 4, 3]) }),
    );
    const folded = trainFolded(fuseActivation(graph), () => true);
    expect(opsOf(folded).filter((name) => name === "batchNormFactor").length).toBe(2);
    expect([...folded.outputs]).toEqual([["logits", "fc"]]);
    const x = uniform([5, 5, 4, 3], 78);
    // Another than the sum, which a normalized value has none of.
    const weigh = (g: Graph): Graph => {
      const b = startFrom(g);
      for (const node of g.nodes) b.add(node);
      const weights = b.constant(uniform([5, 3], 5), "weights");
      b.output("loss", b.emit(mul, { a: g.outputs.get("logits")!, b: weights }, {}, "loss").y!);
      return finish(b, g);
    };
    const [plain, other] = [await run(gradient(weigh(graph), "loss"), { x }), await run(gradient(weigh(folded), "loss"), { x })];
    expect(Object.keys(other).length).toBe(10);
    for (const [name, t] of Object.entries(plain)) {
      const largest = Math.max(...t.data.map(Math.abs));
      t.data.forEach((v, i) => expect(Math.abs(v - other[name]!.data[i]!), `${name} ${i}`).toBeLessThan(1e-4 * Math.max(largest, 1)));
    }
    expect(Math.max(...plain["bn.weight.gradient"]!.data.map(Math.abs))).toBeGreaterThan(0.01);
  });
});
